"""A pool of foregrounds and backgrounds, drawn once by all cores."""

from __future__ import annotations

import multiprocessing

import cv2
import numpy as np

from train_background_matting.background_matting_training.pool import Pool

from .backgrounds import background
from .foregrounds import foreground


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
        np.zeros(foregrounds, bool),
    )
