"""What is done to keypoints before a start is computed from them."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

OUTLIER_FRAMES, OUTLIER_METRES = 7, 0.15
LOW_PASS_SECONDS = 0.04


def find_outliers(keypoints: np.ndarray) -> np.ndarray:
    """Gross outliers: farther than 15 cm from the median over 7 frames.

    Where the frames that are known lie mostly on one side, as at a clip's ends, the way between
    their middle and the frame at the usual speed is allowed on top.

    Args:
        keypoints: (F, N, 3), metres, NaN where missing.

    Returns:
        bool (F, N).
    """
    half = OUTLIER_FRAMES // 2
    padded = np.pad(keypoints, ((half, half), (0, 0), (0, 0)), constant_values=np.nan)
    # (F, N, 3, 7): the frames around each frame, NaN beyond the ends.
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, OUTLIER_FRAMES, axis=0)
    middle, count = _median(neighbours)
    steps = np.linalg.norm(np.diff(neighbours, axis=-1), axis=2, keepdims=True)
    speed = np.nan_to_num(_median(steps)[0][..., 0])
    known = np.isfinite(neighbours[:, :, 0])
    one_sided = np.abs(known @ np.arange(-half, half + 1.0)) / np.maximum(count, 1)
    with np.errstate(invalid="ignore"):
        distances = np.linalg.norm(keypoints - middle, axis=2)
        is_far = distances > OUTLIER_METRES + speed * one_sided
    # Two points alone cannot tell which of them is wrong.
    return is_far & (count >= 3)


def _median(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Medians (F, N, C) over the last axis of (F, N, C, W) without its NaN, and counts (F, N).

    ``np.nanmedian`` would take a hundred times as long.
    """
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1), axis=-1)
    return 0.5 * (low + high)[..., 0], count[:, :, 0, 0]


def fill_missing(points: np.ndarray) -> np.ndarray:
    """Points (F, N, 3), the missing ones interpolated in time; those never seen become zero."""
    filled = np.zeros_like(points)
    times = np.arange(len(points))
    for n in range(points.shape[1]):
        known = np.isfinite(points[:, n]).all(axis=1)
        if known.any():
            for axis in range(3):
                filled[:, n, axis] = np.interp(times, times[known], points[known, n, axis])
    return filled


def low_pass(points: np.ndarray, fps: float) -> np.ndarray:
    """Points (F, N, 3) without the noise that would make a start jump from frame to frame."""
    return gaussian_filter1d(points, LOW_PASS_SECONDS * fps, axis=0, mode="nearest")
