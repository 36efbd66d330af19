"""Light and shadow on a composed picture that its plate has not, or has otherwise."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .draws import Draws
from .warping import moved


def shadowed(draws: Draws, alpha: Tensor) -> Tensor:
    """What the scene is multiplied with behind ``alpha`` (B, 1, H, W): a cast and a wide shadow."""
    size, _, height, width = alpha.shape
    small = F.interpolate(alpha, scale_factor=0.125, mode="area")
    small = F.avg_pool2d(small, 5, 1, 2)
    theta = torch.eye(2, 3, device=draws.device).repeat(size, 1, 1)
    theta[:, :, 2] = draws.normal(0.12, size, 2)
    theta[:, 0, 0] = draws.uniform(0.8, 1.2, size)
    cast = moved(small, theta, tuple(small.shape[-2:]))
    blurred = F.avg_pool2d(F.pad(cast, (4,) * 4), 9, 1)
    softness = draws.uniform(0, 1, size, 1, 1, 1)
    cast = F.interpolate(torch.lerp(cast, blurred, softness), (height, width), mode="bilinear")
    depth = draws.uniform(0.05, 0.45, size, 1, 1, 1) * draws.chance(0.5, size)
    # Light that a person takes away or adds over a wide area.
    wide = F.interpolate(draws.normal(0.06, size, 1, 3, 4), (height, width), mode="bicubic")
    return (1 - depth * cast) * (1 + wide * draws.chance(0.3, size))


def hard_light(draws: Draws, alpha: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Light of sharp edges in the scene behind ``alpha`` (B, 1, H, W), its plate, and on people.

    Bars of sunlight as through a window, which lie elsewhere in the plate since the sun moves, and
    the shadow that a person casts in the sun, as sharp as the person's outline.

    Returns:
        What scene, plate and foreground are multiplied with, (B, 1, H, W) each.
    """
    size, _, height, width = alpha.shape
    chosen = draws.chance(share, size)
    angle = draws.uniform(0, math.pi, size, 1, 1)
    period = draws.uniform(0.3, 1.5, size, 1, 1) * height
    lit_share = draws.uniform(-0.7, 0.7, size, 1, 1)
    phase = draws.uniform(0, 2 * math.pi, size, 1, 1)
    # In half of the pictures the sun has hardly moved since the plate was taken.
    moved_on = torch.where(
        draws.chance(0.5, size)[..., 0] > 0,
        draws.normal(0.05, size, 1, 1),
        draws.normal(1.0, size, 1, 1),
    )
    rows = torch.arange(height, device=draws.device)[None, :, None]
    columns = torch.arange(width, device=draws.device)[None, None]
    along = 2 * math.pi * (torch.cos(angle) * columns + torch.sin(angle) * rows) / period

    def bars(at: Tensor) -> Tensor:
        return torch.sigmoid(40 * (torch.sin(along + at) - lit_share))[:, None]

    strength = draws.uniform(0.15, 0.6, size, 1, 1, 1) * chosen
    now, before = bars(phase), bars(phase + moved_on)
    # People stand before the wall: the edge of the light runs over them elsewhere.
    on_people = bars(phase + draws.normal(0.8, size, 1, 1))
    theta = torch.eye(2, 3, device=draws.device).repeat(size, 1, 1)
    theta[:, :, 2] = draws.normal(0.25, size, 2)
    theta[:, 0, 1] = draws.normal(0.3, size)
    cast = moved(alpha, theta, (height, width))
    depth = draws.uniform(0.2, 0.7, size, 1, 1, 1) * draws.chance(0.6, size) * chosen
    scene = (1 - strength * (1 - now)) * (1 - depth * cast * now)
    return scene, 1 - strength * (1 - before), 1 - 0.7 * strength * (1 - on_people)
