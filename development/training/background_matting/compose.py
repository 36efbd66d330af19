"""Composites for training, made in batches on the device: source, plate, alpha, foreground.

The plate differs from the true background as a real one does: exposure, colour, gamma, noise,
blur, compression, small shifts and warps; the source has shadows that the plate lacks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .pool import Pool


@dataclass(frozen=True)
class Batch:
    """``source``, ``plate``, ``foreground`` (B, 3, H, W) and ``alpha`` (B, 1, H, W) in 0..1."""

    source: Tensor
    plate: Tensor
    alpha: Tensor
    foreground: Tensor
    camouflaged: Tensor
    translucent: Tensor


class Composer:
    """Draw batches from a pool with the random numbers of ``generator``.

    Args:
        pool: Foregrounds and backgrounds.
        device: Where to compose; the pool is kept there as uint8.
        seed: Seed of everything that is random here.
        pixel_scale: Size of a composed pixel in full-resolution ones, inverted: 0.25 composes
            what the coarse network sees of a full picture.
        zoom: Enlarges the foregrounds, for crops that show less than a whole picture.
        faded: Share of the foregrounds a part of which has nearly the colour behind it, as skin
            in the shade has before a pale wall.
    """

    def __init__(
        self,
        pool: Pool,
        device: torch.device,
        seed: int,
        *,
        pixel_scale: float = 1.0,
        zoom: float = 1.0,
        faded: float = 0.0,
    ) -> None:
        self.device = device
        self.faded = faded
        self.pixel_scale, self.zoom = pixel_scale, zoom
        self.foregrounds = torch.from_numpy(pool.foregrounds).to(device)
        self.backgrounds = torch.from_numpy(pool.backgrounds).to(device)
        self.translucent = torch.from_numpy(pool.translucent).to(device)
        self.random = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        values = torch.rand(shape, generator=self.random, device=self.device)
        return low + (high - low) * values

    def normal(self, deviation: float, *shape: int) -> Tensor:
        return deviation * torch.randn(shape, generator=self.random, device=self.device)

    def chance(self, probability: float, batch: int) -> Tensor:
        """(B, 1, 1, 1) of zeros and ones."""
        return (self.uniform(0, 1, batch, 1, 1, 1) < probability).float()

    @torch.no_grad()
    def batch(self, size: int, height: int, width: int) -> Batch:
        """Compose ``size`` pictures of ``height`` x ``width`` pixels."""
        scene = self._backgrounds(size, height, width)
        scene = self._distract(scene, height, width)
        layer, translucent = self._foregrounds(size, height, width)
        premultiplied, alpha = layer[:, :3], layer[:, 3:]
        foreground = premultiplied / alpha.clamp_min(1e-3)
        foreground, camouflaged = self._camouflage(foreground, alpha, scene)
        foreground = (foreground * self.uniform(0.6, 1.3, size, 3, 1, 1)).clamp(0, 1)
        if self.faded:
            foreground = self._fade(foreground, scene)
        lit = scene * self._shadow(alpha)
        source = foreground * alpha + lit * (1 - alpha)
        source = (source + self._grain(source, 0.015)).clamp(0, 1)
        source = self._compress(source, 0.3)
        plate = self._degrade(scene)
        flip = self.chance(0.5, size)
        source, plate, alpha, foreground = (
            torch.where(flip > 0, x.flip(-1), x) for x in (source, plate, alpha, foreground)
        )
        return Batch(source, plate, alpha, foreground, camouflaged, translucent)

    def _pick(self, pictures: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Random ones, float32 (B, C, H, W) in 0..1, and their places."""
        index = torch.randint(len(pictures), (size,), generator=self.random, device=self.device)
        return pictures[index].permute(0, 3, 1, 2).float() / 255, index

    def _backgrounds(self, size: int, height: int, width: int) -> Tensor:
        pictures, _ = self._pick(self.backgrounds, size)
        span = self.uniform(0.45, 1.0, size)
        offset = self.normal(0.4, size, 2).clamp(-1, 1) * (1 - span)[:, None]
        theta = torch.zeros(size, 2, 3, device=self.device)
        theta[:, 0, 0] = span * (1 - 2 * (self.uniform(0, 1, size) < 0.5).float())
        theta[:, 1, 1] = span
        theta[:, :, 2] = offset
        return _moved(pictures, theta, (height, width), "reflection")

    def _layer(self, size: int, height: int, width: int, low: float, high: float) -> tuple:
        """Premultiplied RGBA (B, 4, H, W) of randomly placed foregrounds."""
        rgba, index = self._pick(self.foregrounds, size)
        rgba[:, :3] *= rgba[:, 3:]
        # ``scale`` is the foreground's height in picture heights.
        scale = torch.exp(self.uniform(math.log(low), math.log(high), size))
        angle = self.normal(0.12, size)
        centre_x = self.normal(0.35, size).clamp(-0.9, 0.9)
        lowered, anywhere = self.uniform(0.2, 1.0, size), self.normal(0.15, size)
        centre_y = torch.where(scale > 1.0, (scale - 1) * lowered, anywhere)
        aspect = width / height
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        mirror = 1 - 2 * (self.uniform(0, 1, size) < 0.5).float()
        theta = torch.zeros(size, 2, 3, device=self.device)
        theta[:, 0, 0], theta[:, 0, 1] = mirror * cos * aspect, -mirror * sin
        theta[:, 1, 0], theta[:, 1, 1] = sin * aspect, cos
        theta[:, :, 2] = -theta[:, :, 0] * centre_x[:, None] - theta[:, :, 1] * centre_y[:, None]
        return _moved(rgba, theta, (height, width)), self.translucent[index]

    def _foregrounds(self, size: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        layer, translucent = self._layer(size, height, width, 0.5 * self.zoom, 2.2 * self.zoom)
        second, also = self._layer(size, height, width, 0.4 * self.zoom, 1.3 * self.zoom)
        present = self.chance(0.25, size)
        second = second * present
        layer = second + layer * (1 - second[:, 3:])
        return self._motion_blur(layer), translucent | (also & (present.flatten() > 0))

    def _distract(self, scene: Tensor, height: int, width: int) -> Tensor:
        """Things that look like foregrounds but stand in the plate as well."""
        layer, _ = self._layer(len(scene), height, width, 0.2, 1.0)
        layer = layer * self.chance(0.3, len(scene))
        return layer[:, :3] + scene * (1 - layer[:, 3:])

    def _motion_blur(self, layer: Tensor) -> Tensor:
        for index in torch.nonzero(self.chance(0.15, len(layer)).flatten()).flatten().tolist():
            steps = 9
            shift = self.normal(8.0 * self.pixel_scale, 2).tolist()
            moved = [
                torch.roll(layer[index], (round(shift[1] * t), round(shift[0] * t)), dims=(-2, -1))
                for t in (step / (steps - 1) - 0.5 for step in range(steps))
            ]
            layer[index] = torch.stack(moved).mean(0)
        return layer

    def _camouflage(self, foreground: Tensor, alpha: Tensor, scene: Tensor) -> tuple:
        """Some foregrounds take the mean colour of what is behind them."""
        chosen = self.chance(0.08, len(alpha))
        weight = alpha.sum((-2, -1), keepdim=True).clamp_min(1)
        own = (foreground * alpha).sum((-2, -1), keepdim=True) / weight
        behind = (scene * alpha).sum((-2, -1), keepdim=True) / weight
        similar = (foreground - own) * 0.6 + behind
        return torch.where(chosen > 0, similar.clamp(0, 1), foreground), chosen.flatten() > 0

    def _fade(self, foreground: Tensor, scene: Tensor) -> Tensor:
        """Soft blots of the foreground take the tinted and darkened colour of the scene."""
        size, _, height, width = foreground.shape
        blots = F.interpolate(self.normal(4, size, 1, 5, 8), (height, width), mode="bicubic")
        weight = blots.clamp(0, 1) * self.uniform(0.6, 1, size, 1, 1, 1)
        weight = weight * self.chance(self.faded, size)
        colour = F.avg_pool2d(F.interpolate(scene, scale_factor=0.125, mode="area"), 5, 1, 2)
        colour = F.interpolate(colour, (height, width), mode="bilinear")
        tint = self.uniform(0.45, 0.9, size, 1, 1, 1) + self.normal(0.06, size, 3, 1, 1)
        return torch.lerp(foreground, (colour * tint).clamp(0, 1), weight)

    def _shadow(self, alpha: Tensor) -> Tensor:
        size, _, height, width = alpha.shape
        small = F.interpolate(alpha, scale_factor=0.125, mode="area")
        small = F.avg_pool2d(small, 5, 1, 2)
        theta = torch.eye(2, 3, device=self.device).repeat(size, 1, 1)
        theta[:, :, 2] = self.normal(0.12, size, 2)
        theta[:, 0, 0] = self.uniform(0.8, 1.2, size)
        cast = _moved(small, theta, tuple(small.shape[-2:]))
        blurred = F.avg_pool2d(F.pad(cast, (4,) * 4), 9, 1)
        softness = self.uniform(0, 1, size, 1, 1, 1)
        cast = F.interpolate(torch.lerp(cast, blurred, softness), (height, width), mode="bilinear")
        depth = self.uniform(0.05, 0.45, size, 1, 1, 1) * self.chance(0.5, size)
        # Light that a person takes away or adds over a wide area.
        wide = F.interpolate(self.normal(0.06, size, 1, 3, 4), (height, width), mode="bicubic")
        return (1 - depth * cast) * (1 + wide * self.chance(0.3, size))

    def _grain(self, x: Tensor, deviation: float) -> Tensor:
        strength = self.uniform(0, deviation, len(x), 1, 1, 1)
        return self.normal(1.0, *x.shape) * strength

    def _degrade(self, scene: Tensor) -> Tensor:
        size = len(scene)
        plate = self._misalign(scene)
        exposure = 1 + self.normal(0.07, size, 1, 1, 1).clamp(-0.2, 0.25)
        tint = 1 + self.normal(0.02, size, 3, 1, 1)
        gamma = 1 + self.normal(0.06, size, 1, 1, 1).clamp(-0.2, 0.2)
        plate = plate.clamp(1e-4, 1) ** gamma * exposure * tint
        blurred = F.avg_pool2d(F.pad(plate, (1,) * 4, mode="replicate"), 3, 1)
        softness = self.chance(0.4, size) * self.uniform(0, 1, size, 1, 1, 1)
        plate = torch.lerp(plate, blurred, softness)
        plate = (plate + self._grain(plate, 0.02) * self.chance(0.6, size)).clamp(0, 1)
        return self._compress(plate, 0.3)

    def _misalign(self, scene: Tensor) -> Tensor:
        size, _, height, width = scene.shape
        pixels = self.uniform(0, 1, size, 1, 1, 1) ** 2 * 4
        pixels = pixels * self.pixel_scale * self.chance(0.7, size)
        field = self.normal(0.5, size, 2, 4, 6)
        field = F.interpolate(field, (height, width), mode="bicubic")
        field = (field + self.normal(0.6, size, 2, 1, 1)) * pixels
        step = torch.tensor([2 / width, 2 / height], device=self.device)
        identity = torch.eye(2, 3, device=self.device).repeat(size, 1, 1)
        grid = F.affine_grid(identity, list(scene.shape), align_corners=False)
        grid = grid + field.permute(0, 2, 3, 1) * step
        return F.grid_sample(scene, grid, padding_mode="border", align_corners=False)

    def _compress(self, x: Tensor, probability: float) -> Tensor:
        """Quantise 8x8 DCT blocks as JPEG and intra frames of video do."""
        size, channels, height, width = x.shape
        k = torch.arange(8, device=self.device, dtype=torch.float32)
        basis = torch.cos(math.pi * (2 * k[None] + 1) * k[:, None] / 16) / 2
        basis[0] /= math.sqrt(2)
        rows, columns = height // 8, width // 8
        inner = x[..., : rows * 8, : columns * 8]
        blocks = inner.reshape(size, channels, rows, 8, columns, 8).permute(0, 1, 2, 4, 3, 5)
        coefficients = basis @ blocks @ basis.T
        strength = self.uniform(0.005, 0.05, size, 1, 1, 1, 1, 1)
        table = strength * (1 + 0.35 * (k[:, None] + k[None]))
        quantised = torch.round(coefficients / table) * table
        restored = (basis.T @ quantised @ basis).permute(0, 1, 2, 4, 3, 5)
        restored = restored.reshape(size, channels, rows * 8, columns * 8).clamp(0, 1)
        full = x.clone()
        full[..., : rows * 8, : columns * 8] = restored
        return torch.where(self.chance(probability, size) > 0, full, x)


def _moved(pictures: Tensor, theta: Tensor, size: tuple, padding: str = "zeros") -> Tensor:
    """Sample (B, C, H, W) along the affine maps (B, 2, 3), as pictures of ``size``."""
    grid = F.affine_grid(theta, [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode=padding, align_corners=False)
