"""Run a kernel over tiles of rows, so that memory does not grow with the number of frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .store import FrameStore

Stop = Callable[[], bool]


def check(should_stop: Stop) -> None:
    """Raise InterruptedError when the user asked to stop."""
    if should_stop():
        raise InterruptedError("the estimation was stopped")


def tiled(
    store: FrameStore,
    kernel: Callable,
    gains: np.ndarray,
    should_stop: Stop,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Put ``kernel(frames, weights, gains)`` of all tiles together to float32 (H, W, 3).

    Raises:
        InterruptedError: ``should_stop`` returned True.
    """
    out = np.empty(store.frames.shape[1:], np.float32)
    for rows, frames, tile_weights in store.tiles(weights):
        check(should_stop)
        out[rows] = kernel(frames, tile_weights, gains)
    return out


def seen_often(store: FrameStore, least: int = 128) -> np.ndarray:
    """How many frames show each pixel with a weight of ``least`` or more, int32 (H, W)."""
    if not store.has_mattes:
        return np.full(store.frames.shape[1:3], store.count, np.int32)
    total = np.zeros(store.frames.shape[1:3], np.int32)
    for _, weight in store.each():
        total += weight >= least
    return total
