"""Methods that look at one pixel through time: medians and the mixture of two Gaussians."""

from __future__ import annotations

import numpy as np

from .aligned import AlignedFrames, Estimate

# Compiling takes seconds, so numba is imported where it is used.


def median(frames: AlignedFrames) -> Estimate:
    """The median of all frames, mattes or not."""
    from . import kernels

    store = frames.store
    even = np.broadcast_to(np.uint8(255), store.frames.shape[:3])
    seen = np.full(store.shape[:2], store.count)
    return Estimate(frames.over_tiles(kernels.median, even), seen, store.count)


def weighted_median(frames: AlignedFrames) -> Estimate:
    """The median weighted by what the mattes leave."""
    from . import kernels

    seen = frames.times_seen()
    return Estimate(frames.over_tiles(kernels.median), seen, frames.store.count)


def gaussian_mixture(frames: AlignedFrames, is_polished: bool) -> Estimate:
    """The mean of the heavier of two Gaussians; polished, a Tukey mean around it."""
    from .kernels import polish
    from .mixture import heavier_mean

    def kernel(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
        mean = heavier_mean(frames, weights, gains)
        return polish(frames, weights, gains, start=mean) if is_polished else mean

    seen = frames.times_seen()
    return Estimate(frames.over_tiles(kernel), seen, frames.store.count)
