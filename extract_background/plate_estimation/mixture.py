"""A mixture of two Gaussians in each pixel and channel, exact on the 256-bin histogram.

Cost does not grow with the number of frames. The start is the optimal two-means split, found
exactly on the sorted levels; EM, tolerance and regularisation are scikit-learn's
``GaussianMixture(2)``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

REGULARISATION = 1e-6
TOLERANCE = 1e-3
ITERATIONS = 100
TINY = 10 * np.finfo(np.float64).eps


@njit(cache=True)
def split(levels, counts, used):
    """Number of levels in the lower class of the optimal two-means split of a histogram."""
    total = 0.0
    total_sum = 0.0
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
    return cut


@njit(cache=True)
def maximise(levels, counts, used, upper, weights, means, variances):
    """M-step: parameters from the share ``upper`` of each level in the second component."""
    total = 0.0
    for i in range(used):
        total += counts[i]
    for k in range(2):
        mass, first = TINY, 0.0
        for i in range(used):
            share = upper[i] if k == 1 else 1 - upper[i]
            mass += counts[i] * share
            first += counts[i] * share * levels[i]
        mean = first / mass
        second = 0.0
        for i in range(used):
            share = upper[i] if k == 1 else 1 - upper[i]
            second += counts[i] * share * (levels[i] - mean) ** 2
        weights[k], means[k], variances[k] = mass, mean, second / mass + REGULARISATION
    sum_of_weights = weights[0] + weights[1]
    weights[0] /= sum_of_weights
    weights[1] /= sum_of_weights


@njit(cache=True)
def expect(levels, counts, used, upper, weights, means, variances):
    """E-step: fill ``upper`` and return the mean log-likelihood."""
    constant = -0.5 * np.log(2 * np.pi)
    log_a = np.log(weights[0]) - 0.5 * np.log(variances[0]) + constant
    log_b = np.log(weights[1]) - 0.5 * np.log(variances[1]) + constant
    likelihood, total = 0.0, 0.0
    for i in range(used):
        a = log_a - 0.5 * (levels[i] - means[0]) ** 2 / variances[0]
        b = log_b - 0.5 * (levels[i] - means[1]) ** 2 / variances[1]
        peak = max(a, b)
        norm = peak + np.log(np.exp(a - peak) + np.exp(b - peak))
        upper[i] = np.exp(b - norm)
        likelihood += counts[i] * norm
        total += counts[i]
    return likelihood / total


@njit(cache=True)
def fit(levels, counts, used, weights, means, variances):
    """EM from the given parameters, in place; return the number of iterations."""
    upper = np.empty(used, np.float64)
    bound = -np.inf
    for iteration in range(ITERATIONS):
        before = bound
        bound = expect(levels, counts, used, upper, weights, means, variances)
        maximise(levels, counts, used, upper, weights, means, variances)
        if abs(bound - before) < TOLERANCE:
            return iteration + 1
    return ITERATIONS


@njit(cache=True)
def start(levels, counts, used, weights, means, variances):
    """Parameters of the optimal two-means split."""
    upper = np.zeros(used, np.float64)
    upper[split(levels, counts, used) :] = 1.0
    maximise(levels, counts, used, upper, weights, means, variances)


@njit(parallel=True, cache=True)
def heavier_mean(frames, use, gains):
    """Mean of the heavier component, float32 (h, w, 3), of frames uint8 (N, h, w, 3).

    A frame counts in a pixel where ``use`` uint8 (N, h, w) is at least 128.
    """
    count, height, width, channels = frames.shape
    out = np.zeros((height, width, channels), np.float32)
    for y in prange(height):
        histogram = np.zeros(256, np.float64)
        levels, counts = np.empty(256, np.float64), np.empty(256, np.float64)
        weights, means, variances = np.empty(2), np.empty(2), np.empty(2)
        for x in range(width):
            for c in range(channels):
                histogram[:] = 0
                for n in range(count):
                    if use[n, y, x] >= 128:
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
                    start(levels, counts, used, weights, means, variances)
                    fit(levels, counts, used, weights, means, variances)
                    out[y, x, c] = means[0] if weights[0] >= weights[1] else means[1]
    return out
