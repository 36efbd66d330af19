"""The means that users know: AIST++'s weighted by alpha, EasyVolcap's of what a mask leaves."""

from __future__ import annotations

import cv2
import numpy as np

from .store import FrameStore

NARROW_SHARE = 4


def alpha_mean(store: FrameStore, gains: np.ndarray) -> np.ndarray:
    """AIST++ ``estimate_background``: sum(w * image) / (sum(w) + 1e-8), w = 1 - alpha."""
    shape = store.frames.shape[1:]
    total, mass = np.zeros(shape, np.float64), np.zeros(shape[:2], np.float64)
    for (frame, weight), gain in zip(store.each(), gains, strict=True):
        share = weight.astype(np.float32) / 255
        total += frame * share[..., None] * gain
        mass += share
    return total / (mass + 1e-8)[..., None]


def masked_mean(
    store: FrameStore, gains: np.ndarray, dilation: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    """EasyVolcap ``extract_backgrounds``: mean of every ``step``-th frame off the dilated mask.

    What the wide dilation leaves unseen is filled from a narrow one. Returns the mean (H, W, 3)
    and how often each pixel was seen in the pass that it comes from, (H, W).
    """
    wide, seen = _masked_pass(store, gains, dilation, step)
    if seen.min() > 0 or dilation < NARROW_SHARE:
        return wide, seen
    narrow, narrow_seen = _masked_pass(store, gains, dilation // NARROW_SHARE, step)
    hole = seen == 0
    wide[hole] = narrow[hole]
    return wide, np.where(hole, narrow_seen, seen)


def _masked_pass(
    store: FrameStore, gains: np.ndarray, dilation: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    shape = store.frames.shape[1:]
    total, seen = np.zeros(shape, np.float64), np.zeros(shape[:2], np.int32)
    box = np.ones((max(1, dilation), max(1, dilation)), np.uint8)
    for index in range(0, store.count, step):
        frame, weight, gain = store.frames[index], store.weights[index], gains[index]
        kept = cv2.dilate((weight < 128).astype(np.uint8), box) == 0
        total[kept] += frame[kept] * gain
        seen += kept
    return total / np.maximum(seen, 1)[..., None], seen
