"""Exposure and white balance drift: a gain for each frame and channel."""

from __future__ import annotations

import warnings

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within
from .store import FrameStore

SMALL_SIDE = 96
DARKEST, BRIGHTEST = 8.0, 250
FEWEST_PIXELS = 16
LEAST_GAIN, MOST_GAIN = 0.5, 2.0


def estimate_gains(store: FrameStore, rounds: int = 3) -> np.ndarray:
    """Gains float32 (N, 3) that bring every frame to the exposure of the middle of all.

    At a small size, frame by frame, the gain is the median over background pixels of reference
    over frame; the reference is the weighted median of the aligned frames. The mean of the
    inverse gains is one, so the plate keeps the clip's average exposure.
    """
    frames, is_background = _small(store)
    gains = np.ones((len(frames), 3), np.float32)
    for _ in range(rounds):
        aligned = np.where(is_background, frames * gains[:, None, None, :], np.nan)
        reference = _median_through_time(aligned)
        for index, frame in enumerate(frames):
            usable = is_background[index] & (frame > DARKEST) & (frame < BRIGHTEST)
            usable &= np.isfinite(reference)
            for channel in range(3):
                chosen = usable[..., channel]
                if chosen.sum() >= FEWEST_PIXELS:
                    ratio = reference[..., channel][chosen] / frame[..., channel][chosen]
                    gains[index, channel] = np.median(ratio)
        gains = np.clip(gains, LEAST_GAIN, MOST_GAIN)
        gains *= (1 / gains).mean(axis=0)
    return gains.astype(np.float32)


def exposure_drift(gains: np.ndarray) -> float:
    """The largest exposure change between two frames, as a ratio less one."""
    return float((gains.max(axis=0) / gains.min(axis=0)).max() - 1)


def _small(store: FrameStore) -> tuple[np.ndarray, np.ndarray]:
    """Frames float32 (N, h, w, 3), and where they are mostly background, bool (N, h, w, 1)."""
    size = size_within(store.shape, SMALL_SIDE)
    frames, weights = [], []
    for frame, weight in store.each():
        frames.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
        weights.append(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
    shares = np.stack(weights).astype(np.float32) / 255
    return np.stack(frames).astype(np.float32), (shares > 0.5)[..., None]


def _median_through_time(values: np.ndarray) -> np.ndarray:
    """The median over the first axis of what is no NaN; NaN where nothing is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=0)
