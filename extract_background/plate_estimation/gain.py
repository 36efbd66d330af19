"""Exposure and white balance drift: a gain for each frame and channel."""

from __future__ import annotations

import cv2
import numpy as np

from .store import FrameStore

SMALL_SIDE = 96
DARKEST = 8.0


def estimate_gains(store: FrameStore, rounds: int = 3) -> np.ndarray:
    """Gains float32 (N, 3) that bring every frame to the exposure of the middle of all.

    At a small size, frame by frame, the gain is the median over background pixels of reference
    over frame; the reference is the weighted median of the aligned frames. The mean of the
    inverse gains is one, so the plate keeps the clip's average exposure.
    """
    small, weights = _small(store)
    gains = np.ones((len(small), 3), np.float32)
    for _ in range(rounds):
        aligned = np.where(weights[..., None] > 0.5, small * gains[:, None, None, :], np.nan)
        with np.errstate(all="ignore"):
            reference = _nanmedian(aligned)
        for index, frame in enumerate(small):
            usable = (weights[index] > 0.5)[..., None] & (frame > DARKEST) & (frame < 250)
            usable &= np.isfinite(reference)
            for channel in range(3):
                chosen = usable[..., channel]
                if chosen.sum() >= 16:
                    ratio = reference[..., channel][chosen] / frame[..., channel][chosen]
                    gains[index, channel] = np.median(ratio)
        gains = np.clip(gains, 0.5, 2.0)
        gains *= (1 / gains).mean(axis=0)
    return gains.astype(np.float32)


def drift(gains: np.ndarray) -> float:
    """The largest exposure change between two frames, as a ratio less one."""
    return float((gains.max(axis=0) / gains.min(axis=0)).max() - 1)


def _small(store: FrameStore) -> tuple[np.ndarray, np.ndarray]:
    height, width = store.frames.shape[1:3]
    scale = min(1.0, SMALL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    frames, weights = [], []
    for frame, weight in store.each():
        frames.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
        weights.append(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
    return np.stack(frames).astype(np.float32), np.stack(weights).astype(np.float32) / 255


def _nanmedian(values: np.ndarray) -> np.ndarray:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=0)
