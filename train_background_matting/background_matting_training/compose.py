"""Composites for training, made in batches on the device: source, plate, alpha, foreground.

The plate differs from the true background as a real one does (:mod:`.plates`); the source has
light and shadow that the plate lacks (:mod:`.light`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .augmentation import Augmentation
from .clothes import camouflaged, faded, striped
from .draws import Draws
from .light import hard_light, shadowed
from .plates import compressed, degraded, grain, with_holes
from .pool import Pool
from .warping import moved

SOURCE_NOISE = 0.015


@dataclass(frozen=True)
class Batch:
    """``source``, ``plate``, ``foreground`` (B, 3, H, W) and ``alpha`` (B, 1, H, W) in 0..1.

    ``camouflaged`` and ``translucent`` (B,) bool say of what kind each is.
    """

    source: Tensor
    plate: Tensor
    alpha: Tensor
    foreground: Tensor
    camouflaged: Tensor
    translucent: Tensor


class Composer:
    """Draw batches from a pool, reproducibly.

    Args:
        pool: Foregrounds and backgrounds.
        device: Where to compose; only what a batch needs of the pool is brought there.
        seed: Seed of everything that is random here.
        pixel_scale: Size of a composed pixel in full-resolution ones, inverted: 0.25 composes
            what the coarse network sees of a full picture.
        zoom: Enlarges the foregrounds, for crops that show less than a whole picture.
        augmentation: How strongly the plate and the picture are changed.
    """

    def __init__(
        self,
        pool: Pool,
        device: torch.device,
        seed: int,
        *,
        pixel_scale: float = 1.0,
        zoom: float = 1.0,
        augmentation: Augmentation | None = None,
    ) -> None:
        self.pool = pool
        self.pixel_scale, self.zoom = pixel_scale, zoom
        self.augmentation = augmentation or Augmentation()
        self.draws = Draws(device, seed)

    @torch.no_grad()
    def batch(self, size: int, height: int, width: int) -> Batch:
        """Compose ``size`` pictures of ``height`` x ``width`` pixels."""
        draws, augmentation = self.draws, self.augmentation
        scene = self._backgrounds(size, height, width)
        scene = self._distracted(scene, height, width)
        layer, translucent = self._foregrounds(size, height, width)
        premultiplied, alpha = layer[:, :3], layer[:, 3:]
        foreground = premultiplied / alpha.clamp_min(1e-3)
        foreground, hidden = camouflaged(draws, foreground, alpha, scene)
        foreground = (foreground * draws.uniform(0.6, 1.3, size, 3, 1, 1)).clamp(0, 1)
        if augmentation.faded_clothes:
            foreground = faded(draws, foreground, scene, augmentation.faded_clothes)
        if augmentation.striped_clothes:
            share = augmentation.striped_clothes
            foreground = striped(draws, foreground, scene, share, self.pixel_scale)
        lit, before = scene * shadowed(draws, alpha), scene
        if augmentation.hard_light:
            now, then, on_people = hard_light(draws, alpha, augmentation.hard_light)
            lit, before, foreground = lit * now, scene * then, foreground * on_people
        source = foreground * alpha + lit * (1 - alpha)
        source = (source + grain(draws, source, SOURCE_NOISE)).clamp(0, 1)
        source = compressed(draws, source)
        if augmentation.holes:
            before = with_holes(draws, before, foreground, alpha, augmentation.holes)
        plate = degraded(draws, before, augmentation, self.pixel_scale)
        flip = draws.chance(0.5, size)
        source, plate, alpha, foreground = (
            torch.where(flip > 0, x.flip(-1), x) for x in (source, plate, alpha, foreground)
        )
        return Batch(source, plate, alpha, foreground, hidden, translucent)

    def _picked(self, pictures: np.ndarray, index: np.ndarray) -> Tensor:
        """These of them, float32 (B, C, H, W) in 0..1, on the device."""
        chosen = torch.from_numpy(np.ascontiguousarray(pictures[index]))
        return chosen.to(self.draws.device).permute(0, 3, 1, 2).float() / 255

    def _indices(self, count: int, size: int) -> np.ndarray:
        return self.draws.index(count, size).cpu().numpy()

    def _backgrounds(self, size: int, height: int, width: int) -> Tensor:
        draws, scenes = self.draws, self.pool.backgrounds
        pictures = self._picked(scenes, self._indices(len(scenes), size))
        span = draws.uniform(0.45, 1.0, size)
        offset = draws.normal(0.4, size, 2).clamp(-1, 1) * (1 - span)[:, None]
        theta = torch.zeros(size, 2, 3, device=draws.device)
        theta[:, 0, 0] = span * (1 - 2 * (draws.uniform(0, 1, size) < 0.5).float())
        theta[:, 1, 1] = span
        theta[:, :, 2] = offset
        return moved(pictures, theta, (height, width), "reflection")

    def _layer(
        self, size: int, height: int, width: int, low: float, high: float
    ) -> tuple[Tensor, Tensor]:
        """Premultiplied RGBA (B, 4, H, W) of randomly placed foregrounds, and which let through."""
        draws, pool = self.draws, self.pool
        index = self._indices(len(pool.foregrounds), size)
        rgba = self._picked(pool.foregrounds, index)
        rgba[:, :3] *= rgba[:, 3:]
        cut, translucent = (
            torch.from_numpy(x[index]).to(draws.device) for x in (pool.cut, pool.translucent)
        )
        # ``scale`` is the foreground's height in picture heights.
        scale = torch.exp(draws.uniform(math.log(low), math.log(high), size))
        angle = torch.where(cut, 0.0, draws.normal(0.12, size))
        centre_x = draws.normal(0.35, size).clamp(-0.9, 0.9)
        lowered, anywhere = draws.uniform(0.2, 1.0, size), draws.normal(0.15, size)
        centre_y = torch.where(scale > 1.0, (scale - 1) * lowered, anywhere)
        centre_y = torch.where(cut, torch.maximum(centre_y, 1 - scale), centre_y)
        aspect = width / height
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        mirror = 1 - 2 * (draws.uniform(0, 1, size) < 0.5).float()
        theta = torch.zeros(size, 2, 3, device=draws.device)
        theta[:, 0, 0], theta[:, 0, 1] = mirror * cos * aspect, -mirror * sin
        theta[:, 1, 0], theta[:, 1, 1] = sin * aspect, cos
        theta[:, :, 2] = -theta[:, :, 0] * centre_x[:, None] - theta[:, :, 1] * centre_y[:, None]
        return moved(rgba, theta, (height, width)), translucent

    def _foregrounds(self, size: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        """One or two foregrounds in each picture, some blurred by motion."""
        layer, translucent = self._layer(size, height, width, 0.5 * self.zoom, 2.2 * self.zoom)
        second, also = self._layer(size, height, width, 0.4 * self.zoom, 1.3 * self.zoom)
        present = self.draws.chance(0.25, size)
        second = second * present
        layer = second + layer * (1 - second[:, 3:])
        return self._motion_blurred(layer), translucent | (also & (present.flatten() > 0))

    def _distracted(self, scene: Tensor, height: int, width: int) -> Tensor:
        """Things that look like foregrounds but stand in the plate as well."""
        layer, _ = self._layer(len(scene), height, width, 0.2, 1.0)
        layer = layer * self.draws.chance(0.3, len(scene))
        return layer[:, :3] + scene * (1 - layer[:, 3:])

    def _motion_blurred(self, layer: Tensor) -> Tensor:
        chosen = self.draws.chance(0.15, len(layer)).flatten()
        for index in torch.nonzero(chosen).flatten().tolist():
            steps = 9
            shift = self.draws.normal(8.0 * self.pixel_scale, 2).tolist()
            blurred = [
                torch.roll(layer[index], (round(shift[1] * t), round(shift[0] * t)), dims=(-2, -1))
                for t in (step / (steps - 1) - 0.5 for step in range(steps))
            ]
            layer[index] = torch.stack(blurred).mean(0)
        return layer
