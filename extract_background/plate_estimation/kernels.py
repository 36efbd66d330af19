"""Per-pixel statistics over time, compiled by numba on first use.

All kernels take ``frames`` uint8 (N, h, w, 3), ``weights`` uint8 (N, h, w) and ``gains``
float32 (N, 3), and return float32 (h, w, 3).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

TUKEY = 4.685
MIN_SIGMA = 0.7


@njit(cache=True, fastmath=True)
def _weighted_median(histogram, total):
    half = 0.5 * total
    running = 0.0
    for level in range(256):
        inside = histogram[level]
        if inside > 0 and running + inside >= half:
            return level - 0.5 + (half - running) / inside
        running += inside
    return 255.0


@njit(cache=True, fastmath=True)
def _fill(histogram, frames, weights, gains, y, x, c):
    histogram[:] = 0
    total = 0.0
    for n in range(frames.shape[0]):
        weight = weights[n, y, x]
        if weight > 0:
            value = frames[n, y, x, c] * gains[n, c]
            level = min(255, int(value + 0.5))
            histogram[level] += weight
            total += weight
    return total


@njit(cache=True, fastmath=True)
def _tukey(frames, weights, gains, y, x, c, centre, sigma):
    reach = TUKEY * sigma
    total = 0.0
    mass = 0.0
    for n in range(frames.shape[0]):
        weight = weights[n, y, x]
        if weight > 0:
            value = frames[n, y, x, c] * gains[n, c]
            u = (value - centre) / reach
            if -1.0 < u < 1.0:
                kept = weight * (1 - u * u) ** 2
                total += kept * value
                mass += kept
    return total / mass if mass > 0 else centre


@njit(parallel=True, cache=True, fastmath=True)
def median(frames, weights, gains):
    """Weighted median of each pixel and channel, interpolated within its level."""
    _, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        histogram = np.zeros(256, np.float64)
        for x in range(width):
            for c in range(channels):
                total = _fill(histogram, frames, weights, gains, y, x, c)
                if total > 0:
                    out[y, x, c] = _weighted_median(histogram, total)
    return out


@njit(parallel=True, cache=True, fastmath=True)
def robust_mean(frames, weights, gains):
    """Weighted median, then two Tukey-weighted means around it; scale from the weighted MAD."""
    _, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        histogram = np.zeros(256, np.float64)
        deviations = np.zeros(256, np.float64)
        for x in range(width):
            for c in range(channels):
                total = _fill(histogram, frames, weights, gains, y, x, c)
                if total == 0:
                    continue
                centre = _weighted_median(histogram, total)
                deviations[:] = 0
                for level in range(256):
                    if histogram[level] > 0:
                        deviations[min(255, int(abs(level - centre) * 4))] += histogram[level]
                mad = (_weighted_median(deviations, total) + 0.5) / 4
                sigma = max(MIN_SIGMA, 1.4826 * mad)
                for _ in range(2):
                    centre = _tukey(frames, weights, gains, y, x, c, centre, sigma)
                out[y, x, c] = centre
    return out


@njit(parallel=True, cache=True, fastmath=True)
def polish(frames, weights, gains, start):
    """Tukey-weighted mean around ``start``; scale from the MAD of differences of frames in turn."""
    count, height, width, channels = frames.shape
    out = start.copy()
    for y in prange(height):
        steps = np.empty(max(1, count - 1), np.float64)
        for x in range(width):
            for c in range(channels):
                for n in range(count - 1):
                    before = frames[n, y, x, c] * gains[n, c]
                    after = frames[n + 1, y, x, c] * gains[n + 1, c]
                    steps[n] = abs(after - before)
                sigma = 0.0
                if count > 1:
                    sigma = 1.4826 * np.median(steps[: count - 1]) / np.sqrt(2.0)
                sigma = max(MIN_SIGMA, sigma)
                centre = start[y, x, c]
                for _ in range(2):
                    centre = _tukey(frames, weights, gains, y, x, c, centre, sigma)
                out[y, x, c] = centre
    return out
