"""How a plate differs from the true background: as a camera, a codec and an estimate make it."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .augmentation import Augmentation
from .draws import Draws
from .warping import moved

COMPRESSED = 0.3


def degraded(draws: Draws, scene: Tensor, augmentation: Augmentation, pixel_scale: float) -> Tensor:
    """A plate of ``scene`` (B, 3, H, W): off by pixels, of other exposure, blurred, noisy."""
    size = len(scene)
    plate = misaligned(draws, scene, augmentation.jitter * pixel_scale)
    exposure = 1 + draws.normal(augmentation.gain, size, 1, 1, 1).clamp(-0.2, 0.25)
    tint = 1 + draws.normal(0.02, size, 3, 1, 1)
    gamma = 1 + draws.normal(0.06, size, 1, 1, 1).clamp(-0.2, 0.2)
    plate = plate.clamp(1e-4, 1) ** gamma * exposure * tint
    blurred = F.avg_pool2d(F.pad(plate, (1,) * 4, mode="replicate"), 3, 1)
    softness = draws.chance(0.4, size) * draws.uniform(0, 1, size, 1, 1, 1)
    plate = torch.lerp(plate, blurred, softness)
    noise = grain(draws, plate, augmentation.noise) * draws.chance(0.6, size)
    return compressed(draws, (plate + noise).clamp(0, 1))


def grain(draws: Draws, x: Tensor, deviation: float) -> Tensor:
    """Noise of up to ``deviation`` for each picture."""
    strength = draws.uniform(0, deviation, len(x), 1, 1, 1)
    return draws.normal(1.0, *x.shape) * strength


def misaligned(draws: Draws, scene: Tensor, most: float) -> Tensor:
    """The scene warped smoothly by up to about ``most`` pixels."""
    size, _, height, width = scene.shape
    pixels = draws.uniform(0, 1, size, 1, 1, 1) ** 2 * most
    pixels = pixels * draws.chance(0.7, size)
    field = draws.normal(0.5, size, 2, 4, 6)
    field = F.interpolate(field, (height, width), mode="bicubic")
    field = (field + draws.normal(0.6, size, 2, 1, 1)) * pixels
    step = torch.tensor([2 / width, 2 / height], device=draws.device)
    identity = torch.eye(2, 3, device=draws.device).repeat(size, 1, 1)
    grid = F.affine_grid(identity, list(scene.shape), align_corners=False)
    grid = grid + field.permute(0, 2, 3, 1) * step
    return F.grid_sample(scene, grid, padding_mode="border", align_corners=False)


def with_holes(
    draws: Draws, plate: Tensor, foreground: Tensor, alpha: Tensor, share: float
) -> Tensor:
    """Some plates with a hole about where the person stands, since nobody saw what is behind.

    What estimates a plate fills such a hole from around it, smoothly, or takes the person's own
    colours for the background where that person stood still; here is either, or a mixture.
    """
    size, _, height, width = plate.shape
    theta = torch.eye(2, 3, device=draws.device).repeat(size, 1, 1)
    theta[:, :, 2] = draws.normal(0.1, size, 2)
    place = moved(alpha, theta, (height, width))
    blots = F.interpolate(draws.normal(3, size, 1, 4, 6), (height, width), mode="bicubic")
    hole = (place * (blots + 0.5).clamp(0, 1)).clamp(0, 1) * draws.chance(share, size)
    known = 1 - hole
    filled = _from_around(plate * known, known)
    trace = moved(foreground, theta, (height, width), "border")
    ghost = draws.uniform(0, 1, size, 1, 1, 1) * draws.chance(0.4, size)
    return torch.lerp(plate, torch.lerp(filled, trace, ghost), hole)


def _from_around(total: Tensor, weight: Tensor) -> Tensor:
    """Averages of what is known over ever larger squares, the smallest that know anything.

    As pull-push does (Gortler et al., The Lumigraph, 1996).
    """
    height, width = total.shape[-2:]
    if min(height, width) < 4:
        return total.mean((-2, -1), keepdim=True) / weight.mean((-2, -1), keepdim=True).clamp_min(
            1e-3
        ) + torch.zeros_like(total)
    half = [F.avg_pool2d(x, 2, ceil_mode=True) for x in (total, weight)]
    coarse = F.interpolate(_from_around(*half), (height, width), mode="bilinear")
    return torch.lerp(coarse, total / weight.clamp_min(1e-3), weight.clamp(0, 1))


def compressed(draws: Draws, x: Tensor) -> Tensor:
    """Quantise 8x8 DCT blocks of some, as JPEG and intra frames of video do."""
    size, channels, height, width = x.shape
    k = torch.arange(8, device=draws.device, dtype=torch.float32)
    basis = torch.cos(math.pi * (2 * k[None] + 1) * k[:, None] / 16) / 2
    basis[0] /= math.sqrt(2)
    rows, columns = height // 8, width // 8
    inner = x[..., : rows * 8, : columns * 8]
    blocks = inner.reshape(size, channels, rows, 8, columns, 8).permute(0, 1, 2, 4, 3, 5)
    coefficients = basis @ blocks @ basis.T
    strength = draws.uniform(0.005, 0.05, size, 1, 1, 1, 1, 1)
    table = strength * (1 + 0.35 * (k[:, None] + k[None]))
    quantised = torch.round(coefficients / table) * table
    restored = (basis.T @ quantised @ basis).permute(0, 1, 2, 4, 3, 5)
    restored = restored.reshape(size, channels, rows * 8, columns * 8).clamp(0, 1)
    full = x.clone()
    full[..., : rows * 8, : columns * 8] = restored
    return torch.where(draws.chance(COMPRESSED, size) > 0, full, x)
