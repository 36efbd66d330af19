"""A pool of foregrounds and backgrounds, drawn once by all cores and kept as uint8."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass

import cv2
import numpy as np

from .backgrounds import background
from .foregrounds import foreground


@dataclass(frozen=True)
class Pool:
    """``foregrounds`` (N, S, S, 4) straight RGBA, ``backgrounds`` (M, H, W, 3) RGB, all uint8."""

    foregrounds: np.ndarray
    backgrounds: np.ndarray
    translucent: np.ndarray

    def shrunk(self, factor: int) -> Pool:
        """The same pictures at 1 / ``factor`` of the size, averaged without colour bleeding."""

        def shrink(images: np.ndarray) -> np.ndarray:
            size = (images.shape[2] // factor, images.shape[1] // factor)
            return np.stack([cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in images])

        return Pool(shrink(self.foregrounds), shrink(self.backgrounds), self.translucent)


def _foreground(seed: tuple[int, int]) -> tuple[np.ndarray, bool]:
    cv2.setNumThreads(1)
    return foreground(np.random.default_rng((1, *seed)))


def _background(seed: tuple[int, int]) -> np.ndarray:
    cv2.setNumThreads(1)
    return background(np.random.default_rng((2, *seed)))


def build_pool(foregrounds: int, backgrounds: int, seed: int, processes: int) -> Pool:
    """Draw the pool; the same seed gives the same pictures whatever ``processes`` is."""
    with multiprocessing.get_context("spawn").Pool(processes) as workers:
        drawn = workers.map(_foreground, [(seed, i) for i in range(foregrounds)], chunksize=8)
        scenes = workers.map(_background, [(seed, i) for i in range(backgrounds)], chunksize=8)
    return Pool(
        np.stack([rgba for rgba, _ in drawn]),
        np.stack(scenes),
        np.array([translucent for _, translucent in drawn]),
    )
