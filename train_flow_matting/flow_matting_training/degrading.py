"""True mattes made imperfect, where a data set has no coarse ones to correct."""

from __future__ import annotations

import cv2
import numpy as np

LOST_SHARE = 0.15
# Shares of the long side.
EDGE_BLUR = (0.002, 0.01)
LOST_RADIUS = (0.03, 0.08)
EXTRA_RADIUS = (0.015, 0.04)


def degraded(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A clip's mattes, float32 (N, H, W) in 0..1, as a careless network might give them.

    The edge is blurred, one false positive never moves, and 15 % of the frames lose a disc.
    """
    long_side = max(truth.shape[1:])
    sigma = rng.uniform(*EDGE_BLUR) * long_side
    extra = _disc_of(rng, truth.shape[1:], EXTRA_RADIUS, long_side)
    result = np.empty(truth.shape, np.float32)
    for index, matte in enumerate(truth):
        alpha = cv2.GaussianBlur(matte.astype(np.float32), (0, 0), sigma)
        inside = np.argwhere(matte > 0.5)
        if len(inside) and rng.random() < LOST_SHARE:
            y, x = rng.choice(inside)
            radius = round(rng.uniform(*LOST_RADIUS) * long_side)
            cv2.circle(alpha, (int(x), int(y)), radius, 0.0, -1, cv2.LINE_AA)
        cv2.circle(alpha, *extra, 1.0, -1, cv2.LINE_AA)
        result[index] = np.clip(alpha, 0, 1)
    return result


def _disc_of(
    rng: np.random.Generator, shape: tuple[int, ...], radii: tuple[float, float], long_side: int
) -> tuple[tuple[int, int], int]:
    y, x = (int(rng.integers(0, side)) for side in shape)
    return (x, y), max(1, round(rng.uniform(*radii) * long_side))
