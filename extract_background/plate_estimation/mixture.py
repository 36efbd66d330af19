"""A mixture of two Gaussians in each pixel and channel, exact on the 256-bin histogram.

Cost does not grow with the number of frames. The start is the optimal two-means split, found
exactly on the sorted levels; EM, tolerance and regularisation are scikit-learn's
``GaussianMixture(2)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from ..extract_background_kit.compiled import compiled

REGULARISATION = 1e-6
TOLERANCE = 1e-3
ITERATIONS = 100
TINY = 10 * np.finfo(np.float64).eps


class Levels(NamedTuple):
    """Distinct levels in order, and how many frames have each: float64 (L,) each."""

    levels: np.ndarray
    counts: np.ndarray


class Mixture(NamedTuple):
    """Two Gaussians: float64 (2,) each."""

    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray


@compiled()
def maximise(found: Levels, upper: np.ndarray, mixture: Mixture) -> None:
    """M-step: parameters from the share ``upper`` of each level in the second component."""
    levels, counts = found
    weights, means, variances = mixture
    for k in range(2):
        mass, first = TINY, 0.0
        for i in range(len(levels)):
            share = upper[i] if k == 1 else 1 - upper[i]
            mass += counts[i] * share
            first += counts[i] * share * levels[i]
        mean = first / mass
        second = 0.0
        for i in range(len(levels)):
            share = upper[i] if k == 1 else 1 - upper[i]
            second += counts[i] * share * (levels[i] - mean) ** 2
        weights[k], means[k], variances[k] = mass, mean, second / mass + REGULARISATION
    weights /= weights.sum()


@compiled()
def expect(found: Levels, upper: np.ndarray, mixture: Mixture) -> float:
    """E-step: fill ``upper`` and return the mean log-likelihood."""
    levels, counts = found
    weights, means, variances = mixture
    constant = -0.5 * np.log(2 * np.pi)
    log_a = np.log(weights[0]) - 0.5 * np.log(variances[0]) + constant
    log_b = np.log(weights[1]) - 0.5 * np.log(variances[1]) + constant
    likelihood, total = 0.0, 0.0
    for i in range(len(levels)):
        a = log_a - 0.5 * (levels[i] - means[0]) ** 2 / variances[0]
        b = log_b - 0.5 * (levels[i] - means[1]) ** 2 / variances[1]
        peak = max(a, b)
        norm = peak + np.log(np.exp(a - peak) + np.exp(b - peak))
        upper[i] = np.exp(b - norm)
        likelihood += counts[i] * norm
        total += counts[i]
    return likelihood / total


@compiled()
def fit(found: Levels, mixture: Mixture) -> int:
    """EM from the given parameters, in place; return the number of iterations."""
    upper = np.empty(len(found.levels), np.float64)
    bound = -np.inf
    for iteration in range(ITERATIONS):
        before = bound
        bound = expect(found, upper, mixture)
        maximise(found, upper, mixture)
        if abs(bound - before) < TOLERANCE:
            return iteration + 1
    return ITERATIONS


@compiled()
def initialise(found: Levels, mixture: Mixture) -> None:
    """Parameters of the optimal two-means split of a histogram."""
    levels, counts = found
    total, total_sum = counts.sum(), (counts * levels).sum()
    best, cut = -1.0, 1
    low, low_sum = 0.0, 0.0
    for i in range(len(levels) - 1):
        low += counts[i]
        low_sum += counts[i] * levels[i]
        high, high_sum = total - low, total_sum - low_sum
        between = low_sum * low_sum / low + high_sum * high_sum / high
        if between > best:
            best, cut = between, i + 1
    upper = np.zeros(len(levels), np.float64)
    upper[cut:] = 1.0
    maximise(found, upper, mixture)


@compiled(parallel=True)
def heavier_mean(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean of the heavier component, float32 (h, w, 3), of frames uint8 (N, h, w, 3).

    A frame counts in a pixel where ``weights`` uint8 (N, h, w) is at least 128.
    """
    count, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        histogram = np.zeros(256, np.float64)
        levels, counts = np.empty(256, np.float64), np.empty(256, np.float64)
        mixture = Mixture(np.empty(2), np.empty(2), np.empty(2))
        for x in range(width):
            for c in range(channels):
                histogram[:] = 0
                for n in range(count):
                    if weights[n, y, x] >= 128:
                        value = frames[n, y, x, c] * gains[n, c]
                        histogram[min(255, int(value + 0.5))] += 1
                used = 0
                for level in range(256):
                    if histogram[level] > 0:
                        levels[used], counts[used] = level, histogram[level]
                        used += 1
                if used == 1:
                    out[y, x, c] = levels[0]
                elif used > 1:
                    found = Levels(levels[:used], counts[:used])
                    initialise(found, mixture)
                    fit(found, mixture)
                    out[y, x, c] = mixture.means[np.argmax(mixture.weights)]
    return out
