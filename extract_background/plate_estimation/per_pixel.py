"""Methods that look at one pixel through time: medians, a Tukey mean, a mixture of Gaussians."""

from __future__ import annotations

import cv2
import numpy as np

from ..extract_background_kit.compiled import over_rows
from . import kernels
from .aligned import AlignedFrames, Estimate
from .mixture import heavier_mean

FOREGROUND_WEIGHT = 40
EDGE_SHARE = 120
# Weights squared, none where the matte says foreground: its core may be 254, not 255.
BACKGROUND_WEIGHTS = (np.arange(256, dtype=np.uint16) ** 2 // 255).astype(np.uint8)
BACKGROUND_WEIGHTS[:FOREGROUND_WEIGHT] = 0


def median(frames: AlignedFrames) -> Estimate:
    """The median of all frames, mattes or not."""
    store = frames.store
    even = np.broadcast_to(np.uint8(255), store.frames.shape[:3])
    seen = np.full(store.shape[:2], store.count)
    return Estimate(frames.over_tiles(kernels.median, even), seen, store.count)


def weighted_median(frames: AlignedFrames) -> Estimate:
    """The median weighted by what the mattes leave."""
    return frames.estimate_of(kernels.median)


def gaussian_mixture(frames: AlignedFrames, is_polished: bool) -> Estimate:
    """The mean of the heavier of two Gaussians; polished, a Tukey mean around it."""

    def kernel(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
        mean = heavier_mean(frames, weights, gains)
        return kernels.polish(frames, weights, gains, start=mean) if is_polished else mean

    return frames.estimate_of(kernel)


def robust(frames: AlignedFrames) -> Estimate:
    """With mattes that are roughly right: weighted median, then a Tukey mean around it.

    Mattes are distrusted where that costs nothing: their edges (real mattes are smaller than the
    person) and their nearly opaque cores count as foreground.
    """
    store = frames.store
    radius = max(1, round(min(store.shape[:2]) / EDGE_SHARE))
    out = np.empty(store.shape, np.float32)
    for tile in frames.tiles():
        weights = tile.weights
        if store.has_mattes:
            weights = _safe_weights(store.weights, tile.rows, radius)
        out[tile.rows] = kernels.robust_mean(tile.frames, weights, frames.gains)
    return Estimate(out, frames.times_seen(), store.count)


def _safe_weights(weights: np.ndarray, rows: slice, radius: int) -> np.ndarray:
    """Weights of some rows, eroded by ``radius``.

    A pixel that is then seen in no frame keeps the weights that it had.
    """
    count, height, width = weights.shape
    top, bottom = max(0, rows.start - radius), min(height, rows.stop + radius)
    safe = np.full((count, rows.stop - rows.start, width), 255, np.uint8)
    # Beside everybody all weights are 255, and stay so.
    touched = np.flatnonzero(weights[:, top:bottom].min(axis=(0, 1)) < 255)
    if not len(touched):
        return safe
    first, last = int(touched[0]), int(touched[-1])
    columns = slice(max(0, first - radius), last + radius + 1)
    box = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    inner = slice(rows.start - top, rows.stop - top)
    eroded = safe[..., columns]

    def erode(index: int) -> None:
        smaller = cv2.erode(weights[index, top:bottom, columns], box)[inner]
        eroded[index] = cv2.LUT(smaller, BACKGROUND_WEIGHTS)

    over_rows(erode, count)
    lost = ~eroded.any(axis=0)
    eroded[:, lost] = BACKGROUND_WEIGHTS[weights[:, rows, columns][:, lost]]
    return safe
