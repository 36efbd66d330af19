"""Exposure and white balance drift: a gain for each frame and channel."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within
from .store import FrameStore

Pairs = Iterable[tuple[np.ndarray, np.ndarray]]

SMALL_SIDE = 96
DARKEST, BRIGHTEST = 8.0, 250
FEWEST_PIXELS = 16
LEAST_GAIN, MOST_GAIN = 0.5, 2.0
ROUNDS = 3


def estimate_gains(store: FrameStore, pairs: Pairs | None = None) -> np.ndarray:
    """Gains float32 (N, 3) that bring every frame to the exposure of the middle of all.

    At a small size, frame by frame, the gain is the median over background pixels of reference
    over frame; the reference is the weighted median of the aligned frames. The mean of the
    inverse gains is one, so the plate keeps the clip's average exposure.

    Args:
        store: The frames.
        pairs: Its frames and weights, where the caller wants to follow them or to stop.
    """
    frames, is_background = _small(store, store.each() if pairs is None else pairs)
    usable = is_background & (frames > DARKEST) & (frames < BRIGHTEST)
    is_enough = usable.sum(axis=(1, 2)) >= FEWEST_PIXELS
    shown = np.where(is_background, frames, np.nan)
    measured = np.where(usable, frames, np.nan)
    gains = np.ones((len(frames), 3), np.float32)
    for _ in range(ROUNDS):
        reference = _median(shown * gains[:, None, None, :], axis=0)
        found = _median(reference / measured, axis=(1, 2))
        gains = np.clip(np.where(is_enough, found, gains), LEAST_GAIN, MOST_GAIN)
        gains *= (1 / gains).mean(axis=0)
    return gains.astype(np.float32)


def _small(store: FrameStore, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Frames float32 (N, h, w, 3), and where they are mostly background, bool (N, h, w, 1)."""
    size = size_within(store.shape, SMALL_SIDE)
    frames, weights = [], []
    for frame, weight in pairs:
        frames.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
        weights.append(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
    shares = np.stack(weights).astype(np.float32) / 255
    return np.stack(frames).astype(np.float32), (shares > 0.5)[..., None]


def _median(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The median of what is no NaN; NaN where nothing is left."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    moved = np.moveaxis(values, axes, range(-len(axes), 0))
    flat = moved.reshape(*moved.shape[: -len(axes)], -1)
    # NaN are sorted to the end. np.nanmedian takes ten times as long.
    ordered = np.sort(flat, axis=-1)
    count = np.count_nonzero(~np.isnan(flat), axis=-1)[..., None]
    middle = [np.take_along_axis(ordered, (count - less) // 2, axis=-1) for less in (1, 0)]
    return ((middle[0] + middle[1]) / 2)[..., 0]
