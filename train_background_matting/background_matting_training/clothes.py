"""Changes of a foreground's colours: like what is behind it, faded into it, striped."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .draws import Draws

CAMOUFLAGED = 0.08


def camouflaged(
    draws: Draws, foreground: Tensor, alpha: Tensor, scene: Tensor
) -> tuple[Tensor, Tensor]:
    """Some foregrounds take the mean colour of what is behind them; and which, (B,) bool."""
    chosen = draws.chance(CAMOUFLAGED, len(alpha))
    weight = alpha.sum((-2, -1), keepdim=True).clamp_min(1)
    own = (foreground * alpha).sum((-2, -1), keepdim=True) / weight
    behind = (scene * alpha).sum((-2, -1), keepdim=True) / weight
    similar = (foreground - own) * 0.6 + behind
    return torch.where(chosen > 0, similar.clamp(0, 1), foreground), chosen.flatten() > 0


def faded(draws: Draws, foreground: Tensor, scene: Tensor, share: float) -> Tensor:
    """Soft blots of the foreground take the tinted and darkened colour of the scene."""
    size, _, height, width = foreground.shape
    blots = F.interpolate(draws.normal(4, size, 1, 5, 8), (height, width), mode="bicubic")
    weight = blots.clamp(0, 1) * draws.uniform(0.6, 1, size, 1, 1, 1)
    weight = weight * draws.chance(share, size)
    colour = F.avg_pool2d(F.interpolate(scene, scale_factor=0.125, mode="area"), 5, 1, 2)
    colour = F.interpolate(colour, (height, width), mode="bilinear")
    tint = draws.uniform(0.45, 0.9, size, 1, 1, 1) + draws.normal(0.06, size, 3, 1, 1)
    return torch.lerp(foreground, (colour * tint).clamp(0, 1), weight)


def striped(
    draws: Draws, foreground: Tensor, scene: Tensor, share: float, pixel_scale: float
) -> Tensor:
    """Stripes or checks over blots of the foreground, one of two colours often the scene's own.

    A chest with stripes of the wall's colour is a solid chest: the network must not see through.
    """
    size, _, height, width = foreground.shape
    period = draws.uniform(8, 60, size, 1, 1) * pixel_scale
    angle = draws.uniform(0, math.pi, size, 1, 1)
    rows = torch.arange(height, device=draws.device)[None, :, None]
    columns = torch.arange(width, device=draws.device)[None, None]
    along = torch.cos(angle) * columns + torch.sin(angle) * rows
    across = torch.cos(angle) * rows - torch.sin(angle) * columns
    waves = [torch.tanh(4 * torch.sin(2 * math.pi * x / period)) for x in (along, across)]
    checks = draws.chance(0.3, size)[..., 0]
    mix = (0.5 + 0.5 * torch.where(checks > 0, waves[0] * waves[1], waves[0]))[:, None]
    behind = F.interpolate(F.adaptive_avg_pool2d(scene, (4, 6)), (height, width), mode="bilinear")
    like_scene = behind + draws.normal(0.05, size, 3, 1, 1)
    first = torch.where(draws.chance(0.5, size) > 0, like_scene, draws.uniform(0, 1, size, 3, 1, 1))
    cloth = torch.lerp(first, draws.uniform(0, 1, size, 3, 1, 1), mix)
    shade = (foreground.mean(1, keepdim=True) + 0.35).clamp(0.4, 1.1)
    blots = F.interpolate(draws.normal(6, size, 1, 3, 4), (height, width), mode="bicubic")
    weight = blots.clamp(0, 1) * draws.chance(share, size)
    return torch.lerp(foreground, (cloth * shade).clamp(0, 1), weight)
