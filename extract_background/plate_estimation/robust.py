"""The plate with mattes that may be wrong: weighted median, then a Tukey mean around it.

Mattes are distrusted where that costs nothing: their edges (real mattes are smaller than the
person) and their nearly opaque cores count as foreground.
"""

from __future__ import annotations

import cv2
import numpy as np

from .aligned import AlignedFrames, Estimate

FOREGROUND_WEIGHT = 40
EDGE_SHARE = 120


def robust(frames: AlignedFrames) -> Estimate:
    """Estimate from frames whose mattes are roughly right."""
    from .kernels import robust_mean

    store = frames.store
    radius = max(1, round(min(store.shape[:2]) / EDGE_SHARE))
    out = np.empty(store.shape, np.float32)
    for tile in frames.tiles():
        weights = tile.weights
        if store.has_mattes:
            weights = _safe_weights(store.weights, tile.rows, radius)
        out[tile.rows] = robust_mean(tile.frames, weights, frames.gains)
    return Estimate(out, frames.times_seen(), store.count)


def _safe_weights(weights: np.ndarray, rows: slice, radius: int) -> np.ndarray:
    """Weights of some rows, eroded by ``radius``: real mattes are smaller than the person.

    A pixel that is then seen in no frame keeps the weights that it had.
    """
    top, bottom = max(0, rows.start - radius), min(weights.shape[1], rows.stop + radius)
    box = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    inner = slice(rows.start - top, rows.stop - top)
    eroded = np.stack([cv2.erode(weight[top:bottom], box)[inner] for weight in weights])
    plain = _background_weights(np.ascontiguousarray(weights[:, rows]))
    eroded = _background_weights(eroded)
    lost = ~(eroded > 0).any(axis=0)
    eroded[:, lost] = plain[:, lost]
    return eroded


def _background_weights(weights: np.ndarray) -> np.ndarray:
    """Weights squared, none where the matte says foreground: its core may be 254, not 255."""
    squared = (weights.astype(np.uint16) ** 2 // 255).astype(np.uint8)
    squared[weights < FOREGROUND_WEIGHT] = 0
    return squared
