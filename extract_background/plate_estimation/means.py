"""The means that users know: AIST++'s weighted by alpha, EasyVolcap's of what a mask leaves."""

from __future__ import annotations

import cv2
import numpy as np

from .aligned import MOSTLY_BACKGROUND, AlignedFrames, Estimate

NARROW_SHARE = 4
EASYVOLCAP_STEP = 10
FEWEST_AFTER_STEP = 5


def alpha_mean(frames: AlignedFrames) -> Estimate:
    """AIST++ ``estimate_background``: sum(w * image) / (sum(w) + 1e-8), w = 1 - alpha."""
    store = frames.store
    total, mass = np.zeros(store.shape, np.float64), np.zeros(store.shape[:2], np.float64)
    for (frame, weight), gain in zip(frames.each(), frames.gains, strict=True):
        share = weight.astype(np.float32) / 255
        total += frame * share[..., None] * gain
        mass += share
    return Estimate(total / (mass + 1e-8)[..., None], frames.times_seen(), store.count)


def masked_mean(frames: AlignedFrames, dilation: int) -> Estimate:
    """EasyVolcap ``extract_backgrounds``: mean of every 10th frame off the dilated mask.

    What the wide dilation leaves unseen is filled from a narrow one.
    """
    store = frames.store
    # Less than every 10th where that would leave hardly any.
    step = max(1, min(EASYVOLCAP_STEP // store.stride, store.count // FEWEST_AFTER_STEP))
    used = range(0, store.count, step)
    mean, seen = _masked_pass(frames, dilation, used)
    hole = seen == 0
    if hole.any() and dilation >= NARROW_SHARE:
        narrow, narrow_seen = _masked_pass(frames, dilation // NARROW_SHARE, used)
        mean[hole], seen[hole] = narrow[hole], narrow_seen[hole]
    return Estimate(mean, seen, len(used))


def _masked_pass(
    frames: AlignedFrames, dilation: int, used: range
) -> tuple[np.ndarray, np.ndarray]:
    """The mean float64 (H, W, 3), and how often each pixel was seen, int32 (H, W)."""
    store = frames.store
    total, seen = np.zeros(store.shape, np.float64), np.zeros(store.shape[:2], np.int32)
    side = max(1, dilation)
    box = np.ones((side, side), np.uint8)
    for index in frames.meter.over(used, len(used)):
        frames.check_stop()
        is_person = store.weights[index] < MOSTLY_BACKGROUND
        kept = cv2.dilate(is_person.astype(np.uint8), box) == 0
        total[kept] += store.frames[index][kept] * frames.gains[index]
        seen += kept
    return total / np.maximum(seen, 1)[..., None], seen
