"""A mixture of two Gaussians in each pixel and channel, exact on the 256-bin histogram.

Cost does not grow with the number of frames. The start is the optimal two-means split, found
exactly on the sorted levels; EM, tolerance and regularisation are scikit-learn's
``GaussianMixture(2)``.

Functions share ``levels``, the distinct levels of a pixel and channel in order, and ``counts``, how
many frames have each, float64 (L,); ``upper``, room for each one's share in the second component,
likewise; and ``mixture``, the components' weights, means and variances, float64 (3, 2).
"""

from __future__ import annotations

import numpy as np

from ..extract_background_kit.compiled import compiled, compiled_part
from .kernels import through_time

REGULARISATION = 1e-6
TOLERANCE = 1e-3
ITERATIONS = 100
TINY = 10 * float(np.finfo(np.float64).eps)
HALF_LOG_TAU = 0.5 * float(np.log(2 * np.pi))
SEEN = 128
LEVELS = 256
WEIGHTS, MEANS, VARIANCES = range(3)


def heavier_mean(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean of the heavier component, float32 (h, w, 3), of frames uint8 (N, h, w, 3).

    A frame counts in a pixel where ``weights`` uint8 (N, h, w) is at least 128.
    """
    out = np.zeros(frames.shape[1:], np.float32)

    def kernel(pixels: np.ndarray, weights: np.ndarray, gains: np.ndarray, out: np.ndarray) -> None:
        _heavier_mean(pixels, weights, gains, np.empty((4, LEVELS)), np.empty((3, 2)), out)

    through_time(kernel, frames, weights, gains, out=out)
    return out


@compiled()
def _heavier_mean(
    pixels: np.ndarray,
    weights: np.ndarray,
    gains: np.ndarray,
    room: np.ndarray,
    mixture: np.ndarray,
    out: np.ndarray,
) -> None:
    """The heavier component's mean of each row of pixels; none where no frame counts."""
    histogram, levels, counts, upper = room[0], room[1], room[2], room[3]
    for p in range(pixels.shape[0]):
        for level in range(LEVELS):
            histogram[level] = 0
        for n in range(pixels.shape[1]):
            if weights[p // 3, n] >= SEEN:
                level = np.int64(pixels[p, n] * gains[p % 3, n] + 0.5)
                histogram[level if level < LEVELS else LEVELS - 1] += 1
        # A plain 0 is a type of its own to numba, for which all below would be compiled again.
        used = np.int64(0)
        for level in range(LEVELS):
            if histogram[level] > 0:
                levels[used], counts[used] = level, histogram[level]
                used += 1
        if used == 1:
            out[p] = levels[0]
        elif used > 1:
            start_mixture(levels, counts, upper, used, mixture)
            fit_mixture(levels, counts, upper, used, mixture)
            heavier = 1 if mixture[WEIGHTS, 1] > mixture[WEIGHTS, 0] else 0
            out[p] = mixture[MEANS, heavier]


@compiled()
def start_mixture(
    levels: np.ndarray, counts: np.ndarray, upper: np.ndarray, used: int, mixture: np.ndarray
) -> None:
    """Parameters of the optimal two-means split of the first ``used`` levels."""
    total, total_sum = 0.0, 0.0
    for i in range(used):
        total += counts[i]
        total_sum += counts[i] * levels[i]
    best, cut = -1.0, 1
    low, low_sum = 0.0, 0.0
    for i in range(used - 1):
        low += counts[i]
        low_sum += counts[i] * levels[i]
        high, high_sum = total - low, total_sum - low_sum
        between = low_sum * low_sum / low + high_sum * high_sum / high
        if between > best:
            best, cut = between, i + 1
    for i in range(used):
        upper[i] = 1.0 if i >= cut else 0.0
    _maximise(levels, counts, upper, used, mixture)


@compiled()
def fit_mixture(
    levels: np.ndarray, counts: np.ndarray, upper: np.ndarray, used: int, mixture: np.ndarray
) -> int:
    """EM from the given parameters, in place; return the number of iterations."""
    bound = -np.inf
    for iteration in range(ITERATIONS):
        before = bound
        bound = _expect(levels, counts, upper, used, mixture)
        _maximise(levels, counts, upper, used, mixture)
        if abs(bound - before) < TOLERANCE:
            return iteration + 1
    return ITERATIONS


@compiled_part()
def _maximise(
    levels: np.ndarray, counts: np.ndarray, upper: np.ndarray, used: int, mixture: np.ndarray
) -> None:
    """M-step: parameters from the share ``upper`` of each level in the second component."""
    low, high = TINY, TINY
    low_mean, high_mean = 0.0, 0.0
    for i in range(used):
        in_high = counts[i] * upper[i]
        in_low = counts[i] - in_high
        low += in_low
        high += in_high
        low_mean += in_low * levels[i]
        high_mean += in_high * levels[i]
    low_mean /= low
    high_mean /= high
    low_square, high_square = 0.0, 0.0
    for i in range(used):
        in_high = counts[i] * upper[i]
        from_low, from_high = levels[i] - low_mean, levels[i] - high_mean
        low_square += (counts[i] - in_high) * from_low * from_low
        high_square += in_high * from_high * from_high
    mixture[WEIGHTS, 0], mixture[WEIGHTS, 1] = low / (low + high), high / (low + high)
    mixture[MEANS, 0], mixture[MEANS, 1] = low_mean, high_mean
    mixture[VARIANCES, 0] = low_square / low + REGULARISATION
    mixture[VARIANCES, 1] = high_square / high + REGULARISATION


@compiled_part()
def _expect(
    levels: np.ndarray, counts: np.ndarray, upper: np.ndarray, used: int, mixture: np.ndarray
) -> float:
    """E-step: fill ``upper`` and return the mean log-likelihood.

    Of the densities the larger is taken out, so that a level costs one exponential, of their
    ratio, and one logarithm.
    """
    low_mean, high_mean = mixture[MEANS, 0], mixture[MEANS, 1]
    low_half, high_half = -0.5 / mixture[VARIANCES, 0], -0.5 / mixture[VARIANCES, 1]
    low_log = np.log(mixture[WEIGHTS, 0]) + 0.5 * np.log(-2 * low_half) - HALF_LOG_TAU
    high_log = np.log(mixture[WEIGHTS, 1]) + 0.5 * np.log(-2 * high_half) - HALF_LOG_TAU
    likelihood, total = 0.0, 0.0
    for i in range(used):
        from_low, from_high = levels[i] - low_mean, levels[i] - high_mean
        low = low_log + low_half * from_low * from_low
        high = high_log + high_half * from_high * from_high
        is_higher = high > low
        ratio = np.exp(low - high if is_higher else high - low)
        upper[i] = (1.0 if is_higher else ratio) / (1 + ratio)
        likelihood += counts[i] * ((high if is_higher else low) + np.log(1 + ratio))
        total += counts[i]
    return likelihood / total
