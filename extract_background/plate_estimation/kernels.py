"""Per-pixel statistics over time, compiled by numba on first use.

Kernels over tiles take ``frames`` uint8 (N, h, w, 3), ``weights`` uint8 (N, h, w) and ``gains``
float32 (N, 3), and return float32 (h, w, 3). They copy blocks of pixels next to each other
first: frames lie so far apart in memory that reading one pixel through time misses every cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

TUKEY = 4.685
MIN_SIGMA = 0.7
BLOCK = 32
COARSE = 16
FINER = 4


@njit(cache=True, fastmath=True)
def _clear(fine, coarse):
    fine[:] = 0
    coarse[:] = 0


@njit(cache=True, fastmath=True)
def _weighted_median(fine, coarse, total):
    """Weighted median of a histogram of 256 levels, interpolated within its level."""
    half = 0.5 * total
    running = 0
    group = 0
    while group < COARSE - 1 and running + coarse[group] < half:
        running += coarse[group]
        group += 1
    for level in range(COARSE * group, 256):
        inside = fine[level]
        if inside > 0 and running + inside >= half:
            return level - 0.5 + (half - running) / inside
        running += inside
    return 255.0


@njit(cache=True, fastmath=True)
def _block(frames, weights, y, left, right, pixels, masses):
    for n in range(frames.shape[0]):
        for x in range(left, right):
            masses[n, x - left] = weights[n, y, x]
            for c in range(3):
                pixels[n, 3 * (x - left) + c] = frames[n, y, x, c]


@njit(cache=True, fastmath=True)
def _gather(pixels, masses, gains, x, c, values, mass):
    """Fill ``values`` and ``mass`` with a pixel's course; return the sum of its weights."""
    total = 0
    for n in range(pixels.shape[0]):
        values[n] = pixels[n, 3 * x + c] * gains[n, c]
        mass[n] = masses[n, x]
        total += masses[n, x]
    return total


@njit(cache=True, fastmath=True)
def _median(values, mass, total, fine, coarse):
    _clear(fine, coarse)
    for n in range(len(values)):
        level = min(255, int(values[n] + np.float32(0.5)))
        weight = np.int32(mass[n])
        fine[level] += weight
        coarse[level // COARSE] += weight
    return _weighted_median(fine, coarse, total)


@njit(cache=True, fastmath=True)
def _deviation(values, mass, total, centre, fine, coarse):
    """Weighted MAD around ``centre``, to a quarter of a level."""
    _clear(fine, coarse)
    for n in range(len(values)):
        level = min(255, int(abs(values[n] - centre) * FINER))
        weight = np.int32(mass[n])
        fine[level] += weight
        coarse[level // COARSE] += weight
    return (_weighted_median(fine, coarse, total) + 0.5) / FINER


@njit(cache=True, fastmath=True)
def _tukey(values, mass, centre, sigma):
    narrow = np.float32(1 / (TUKEY * sigma))
    middle = np.float32(centre)
    moment, total = np.float32(0), np.float32(0)
    for n in range(len(values)):
        away = values[n] - middle
        inner = max(np.float32(0), np.float32(1) - (away * narrow) ** 2)
        kept = mass[n] * inner * inner
        moment += kept * away
        total += kept
    return middle + moment / total if total > 0 else middle


@njit(parallel=True, cache=True, fastmath=True)
def median(frames, weights, gains):
    """Weighted median of each pixel and channel, interpolated within its level."""
    count, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        pixels = np.empty((count, 3 * BLOCK), np.uint8)
        masses = np.empty((count, BLOCK), np.uint8)
        values, mass = np.empty(count, np.float32), np.empty(count, np.float32)
        fine, coarse = np.empty(256, np.int32), np.empty(COARSE, np.int32)
        for left in range(0, width, BLOCK):
            right = min(left + BLOCK, width)
            _block(frames, weights, y, left, right, pixels, masses)
            for x in range(left, right):
                for c in range(channels):
                    total = _gather(pixels, masses, gains, x - left, c, values, mass)
                    if total > 0:
                        out[y, x, c] = _median(values, mass, total, fine, coarse)
    return out


@njit(parallel=True, cache=True, fastmath=True)
def robust_mean(frames, weights, gains):
    """Weighted median, then two Tukey-weighted means around it; scale from the weighted MAD."""
    count, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        pixels = np.empty((count, 3 * BLOCK), np.uint8)
        masses = np.empty((count, BLOCK), np.uint8)
        values, mass = np.empty(count, np.float32), np.empty(count, np.float32)
        fine, coarse = np.empty(256, np.int32), np.empty(COARSE, np.int32)
        for left in range(0, width, BLOCK):
            right = min(left + BLOCK, width)
            _block(frames, weights, y, left, right, pixels, masses)
            for x in range(left, right):
                for c in range(channels):
                    total = _gather(pixels, masses, gains, x - left, c, values, mass)
                    if total > 0:
                        centre = _median(values, mass, total, fine, coarse)
                        mad = _deviation(values, mass, total, centre, fine, coarse)
                        sigma = max(MIN_SIGMA, 1.4826 * mad)
                        for _ in range(2):
                            centre = _tukey(values, mass, centre, sigma)
                        out[y, x, c] = centre
    return out


@njit(parallel=True, cache=True, fastmath=True)
def polish(frames, weights, gains, start):
    """Tukey-weighted mean around ``start``; scale from the MAD of differences of frames in turn."""
    count, height, width, channels = frames.shape
    out = start.copy()
    for y in prange(height):
        pixels = np.empty((count, 3 * BLOCK), np.uint8)
        masses = np.empty((count, BLOCK), np.uint8)
        values, mass = np.empty(count, np.float32), np.empty(count, np.float32)
        even = np.ones(max(1, count - 1), np.float32)
        fine, coarse = np.empty(256, np.int32), np.empty(COARSE, np.int32)
        for left in range(0, width, BLOCK):
            right = min(left + BLOCK, width)
            _block(frames, weights, y, left, right, pixels, masses)
            for x in range(left, right):
                for c in range(channels):
                    if _gather(pixels, masses, gains, x - left, c, values, mass) == 0:
                        continue
                    sigma = MIN_SIGMA
                    if count > 1:
                        steps = values[1:] - values[:-1]
                        mad = _deviation(steps, even, count - 1, 0.0, fine, coarse)
                        sigma = max(MIN_SIGMA, 1.4826 * mad / np.sqrt(2.0))
                    centre = start[y, x, c]
                    for _ in range(2):
                        centre = _tukey(values, mass, centre, sigma)
                    out[y, x, c] = centre
    return out


@njit(parallel=True, cache=True, fastmath=True)
def farthest(frame, gain, plate):
    """Largest channel of abs(frame * gain - plate), float32 (H, W); uint8 frame, float32 plate."""
    height, width, _ = frame.shape
    out = np.empty((height, width), np.float32)
    for y in prange(height):
        for x in range(width):
            most = np.float32(0)
            for c in range(3):
                most = max(most, abs(frame[y, x, c] * gain[c] - plate[y, x, c]))
            out[y, x] = most
    return out


@njit(parallel=True, cache=True, fastmath=True)
def fade(motion, distance, start, reach, floor, out):
    """``motion`` times exp(-((distance - start) / reach)^2) into ``out``, at least ``floor``."""
    height, width = motion.shape
    for y in prange(height):
        for x in range(width):
            excess = max(np.float32(0), distance[y, x] - start) / reach
            out[y, x] = np.uint8(max(floor, motion[y, x] * np.exp(-excess * excess)))
