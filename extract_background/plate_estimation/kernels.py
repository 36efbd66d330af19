"""Per-pixel statistics over time, compiled by numba on first use.

Kernels over tiles take ``frames`` uint8 (N, h, w, 3), ``weights`` uint8 (N, h, w) and ``gains``
float32 (N, 3), and return float32 (h, w, 3). They copy blocks of pixels next to each other
first: frames lie so far apart in memory that reading one pixel through time misses every cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from ..extract_background_kit.compiled import compiled

TUKEY = 4.685
SIGMA_OF_MAD = 1.4826
MIN_SIGMA = 0.7
BLOCK = 32
COARSE = 16
FINER = 4
MEDIAN, ROBUST_MEAN, POLISH = range(3)


class Histogram(NamedTuple):
    """Masses of 256 levels, int32, and of groups of 16 of them."""

    fine: np.ndarray
    coarse: np.ndarray


class Block(NamedTuple):
    """Neighbouring pixels of a row through time: uint8 (N, 3 * BLOCK) and (N, BLOCK)."""

    pixels: np.ndarray
    weights: np.ndarray


class Course(NamedTuple):
    """One channel of one pixel through time: float32 (N,) each."""

    values: np.ndarray
    weights: np.ndarray


def median(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Weighted median of each pixel and channel, interpolated within its level."""
    out = np.zeros(frames.shape[1:], np.float32)
    _through_time(frames, weights, gains, MEDIAN, out)
    return out


def robust_mean(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Weighted median, then two Tukey-weighted means around it; scale from the weighted MAD."""
    out = np.zeros(frames.shape[1:], np.float32)
    _through_time(frames, weights, gains, ROBUST_MEAN, out)
    return out


def polish(
    frames: np.ndarray, weights: np.ndarray, gains: np.ndarray, *, start: np.ndarray
) -> np.ndarray:
    """Tukey-weighted mean around ``start``; scale from the MAD of differences of frames in turn."""
    out = start.copy()
    _through_time(frames, weights, gains, POLISH, out)
    return out


@compiled(parallel=True, fastmath=True)
def _through_time(
    frames: np.ndarray, weights: np.ndarray, gains: np.ndarray, method: int, out: np.ndarray
) -> None:
    """Write the statistic into ``out``, which holds where to start; unseen pixels stay."""
    count, height, width, channels = frames.shape
    for y in prange(height):
        block = Block(np.empty((count, 3 * BLOCK), np.uint8), np.empty((count, BLOCK), np.uint8))
        course = Course(np.empty(count, np.float32), np.empty(count, np.float32))
        even = np.ones(max(1, count - 1), np.float32)
        histogram = Histogram(np.empty(256, np.int32), np.empty(COARSE, np.int32))
        for left in range(0, width, BLOCK):
            right = min(left + BLOCK, width)
            _load_block(frames[:, y, left:right], weights[:, y, left:right], block)
            for x in range(left, right):
                for c in range(channels):
                    total = _load_course(block, gains, x - left, c, course)
                    if total == 0:
                        continue
                    if method == POLISH:
                        sigma = MIN_SIGMA
                        if count > 1:
                            sigma = _temporal_sigma(course, even, histogram)
                        out[y, x, c] = _tukey_mean(course, out[y, x, c], sigma)
                        continue
                    centre = _median(course, total, histogram)
                    if method == ROBUST_MEAN:
                        mad = _deviation(course, total, centre, histogram)
                        sigma = max(MIN_SIGMA, SIGMA_OF_MAD * mad)
                        centre = _tukey_mean(course, centre, sigma)
                    out[y, x, c] = centre


@compiled(fastmath=True, forceinline=True)
def _load_block(frames: np.ndarray, weights: np.ndarray, block: Block) -> None:
    for n in range(frames.shape[0]):
        for x in range(frames.shape[1]):
            block.weights[n, x] = weights[n, x]
            for c in range(3):
                block.pixels[n, 3 * x + c] = frames[n, x, c]


@compiled(fastmath=True, forceinline=True)
def _load_course(block: Block, gains: np.ndarray, x: int, c: int, course: Course) -> int:
    """Fill ``course``; return the sum of its weights."""
    total = 0
    for n in range(block.pixels.shape[0]):
        course.values[n] = block.pixels[n, 3 * x + c] * gains[n, c]
        course.weights[n] = block.weights[n, x]
        total += block.weights[n, x]
    return total


@compiled(fastmath=True, forceinline=True)
def _median(course: Course, total: int, histogram: Histogram) -> float:
    histogram.fine[:], histogram.coarse[:] = 0, 0
    for n in range(len(course.values)):
        _count(histogram, course.values[n] + np.float32(0.5), course.weights[n])
    return _weighted_median(histogram, total)


@compiled(fastmath=True, forceinline=True)
def _deviation(course: Course, total: int, centre: float, histogram: Histogram) -> float:
    """Weighted MAD around ``centre``, to a quarter of a level."""
    histogram.fine[:], histogram.coarse[:] = 0, 0
    for n in range(len(course.values)):
        _count(histogram, abs(course.values[n] - centre) * FINER, course.weights[n])
    return (_weighted_median(histogram, total) + 0.5) / FINER


@compiled(fastmath=True, forceinline=True)
def _temporal_sigma(course: Course, even: np.ndarray, histogram: Histogram) -> float:
    """The noise of a frame, from the differences of two or more frames in turn."""
    steps = Course(course.values[1:] - course.values[:-1], even)
    mad = _deviation(steps, len(even), 0.0, histogram)
    return max(MIN_SIGMA, SIGMA_OF_MAD * mad / np.sqrt(2.0))


@compiled(fastmath=True, forceinline=True)
def _tukey_mean(course: Course, start: float, sigma: float) -> np.float32:
    """Two means by Tukey's weights, each around the one before."""
    narrow = np.float32(1 / (TUKEY * sigma))
    centre = np.float32(start)
    for _ in range(2):
        moment, total = np.float32(0), np.float32(0)
        for n in range(len(course.values)):
            away = course.values[n] - centre
            inner = max(np.float32(0), np.float32(1) - (away * narrow) ** 2)
            kept = course.weights[n] * inner * inner
            moment += kept * away
            total += kept
        if total > 0:
            centre += moment / total
    return centre


@compiled(fastmath=True, forceinline=True)
def _count(histogram: Histogram, value: float, weight: float) -> None:
    level = min(255, int(value))
    mass = np.int32(weight)
    histogram.fine[level] += mass
    histogram.coarse[level // COARSE] += mass


@compiled(fastmath=True, forceinline=True)
def _weighted_median(histogram: Histogram, total: int) -> float:
    """Weighted median of the 256 levels, interpolated within its level."""
    half = 0.5 * total
    running = 0
    group = 0
    while group < COARSE - 1 and running + histogram.coarse[group] < half:
        running += histogram.coarse[group]
        group += 1
    for level in range(COARSE * group, 256):
        inside = histogram.fine[level]
        if inside > 0 and running + inside >= half:
            return level - 0.5 + (half - running) / inside
        running += inside
    return 255.0


@compiled(parallel=True, fastmath=True)
def largest_difference(frame: np.ndarray, gain: np.ndarray, plate: np.ndarray) -> np.ndarray:
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


@compiled(parallel=True, fastmath=True)
def attenuate(
    motion: np.ndarray,
    distance: np.ndarray,
    start: np.float32,
    reach: np.float32,
    least: np.float32,
    out: np.ndarray,
) -> None:
    """``motion`` times exp(-((distance - start) / reach)^2) into ``out``, at least ``least``."""
    height, width = motion.shape
    for y in prange(height):
        for x in range(width):
            excess = max(np.float32(0), distance[y, x] - start) / reach
            out[y, x] = np.uint8(max(least, motion[y, x] * np.exp(-excess * excess)))
