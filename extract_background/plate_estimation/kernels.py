"""Per-pixel statistics over time, compiled by numba on first use.

They take ``frames`` uint8 (N, h, w, 3), ``weights`` uint8 (N, h, w) and ``gains`` float32 (N, 3),
and return float32 (h, w, 3). Row by row they turn the pixels so that each one's values through
time lie together: in the frames they are so far apart that reading them misses every cache.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..extract_background_kit.compiled import compiled, compiled_part, over_rows
from .time_statistics import FINER, LEVELS, MIN_SIGMA, SIGMA_OF_MAD, TUKEY, over_statistics

COARSE = 16
STRIP = 64

# Takes pixels uint8 (P, N), weights uint8 (P / 3, N), gains float32 (3, N), out float32 (P,).
RowKernel = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]


def median(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Weighted median of each pixel and channel, interpolated within its level."""
    out = np.zeros(frames.shape[1:], np.float32)
    over_statistics(frames, weights, gains, is_mean=False, out=out)
    return out


def robust_mean(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Weighted median, then two Tukey-weighted means around it; scale from the weighted MAD."""
    out = np.zeros(frames.shape[1:], np.float32)
    over_statistics(frames, weights, gains, is_mean=True, out=out)
    return out


def polish(
    frames: np.ndarray, weights: np.ndarray, gains: np.ndarray, *, start: np.ndarray
) -> np.ndarray:
    """Tukey-weighted mean around ``start``; scale from the MAD of differences of frames in turn."""
    out = start.copy()
    count = len(frames)

    def kernel(pixels: np.ndarray, weights: np.ndarray, gains: np.ndarray, out: np.ndarray) -> None:
        _polish(pixels, weights, gains, *_course(count), _histogram(), out)

    through_time(kernel, frames, weights, gains, out=out)
    return out


def largest_difference(frame: np.ndarray, gain: np.ndarray, plate: np.ndarray) -> np.ndarray:
    """Largest channel of abs(frame * gain - plate), float32 (H, W); uint8 frame, float32 plate."""
    out = np.empty(frame.shape[:2], np.float32)

    def strip(index: int) -> None:
        rows = slice(index * STRIP, (index + 1) * STRIP)
        _differences(frame[rows], gain, plate[rows], out[rows])

    over_rows(strip, -(-len(out) // STRIP))
    return out


def through_time(
    kernel: RowKernel,
    frames: np.ndarray,
    weights: np.ndarray,
    gains: np.ndarray,
    *,
    out: np.ndarray,
) -> None:
    """Have ``kernel`` write its statistic of every row into ``out``, float32 (h, w, 3).

    Pixels that no frame shows keep what is there.
    """
    by_channel = np.ascontiguousarray(gains.T)

    def row(y: int) -> None:
        pixels = cv2.transpose(frames[:, y].reshape(len(frames), -1))
        kernel(pixels, cv2.transpose(weights[:, y]), by_channel, out[y].reshape(-1))

    over_rows(row, len(out))


def _course(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for the values and the weights of one pixel and channel through time."""
    return np.empty(count, np.float32), np.empty(count, np.float32)


def _histogram() -> np.ndarray:
    """Room for the masses of 256 levels, and behind them of groups of 16 of them."""
    return np.empty(LEVELS + COARSE, np.int32)


@compiled(fastmath=True)
def _polish(
    pixels: np.ndarray,
    weights: np.ndarray,
    gains: np.ndarray,
    values: np.ndarray,
    masses: np.ndarray,
    histogram: np.ndarray,
    out: np.ndarray,
) -> None:
    """The Tukey mean of each row of pixels around ``out``, by the noise of steps in time."""
    steps = pixels.shape[1] - 1
    for p in range(pixels.shape[0]):
        if _load(pixels, weights, gains, p, values, masses) == 0:
            continue
        sigma = 0.0
        if steps > 0:
            for n in range(steps):
                values[n] = values[n + 1] - values[n]
                masses[n] = 1
            masses[steps] = 0
            _count(values, masses, 0.0, FINER, 0.0, histogram)
            mad = (_median(histogram, steps) + 0.5) / FINER
            sigma = SIGMA_OF_MAD * mad / np.sqrt(2.0)
            _load(pixels, weights, gains, p, values, masses)
        out[p] = _tukey_mean(values, masses, np.float64(out[p]), sigma)


@compiled_part(fastmath=True)
def _load(
    pixels: np.ndarray,
    weights: np.ndarray,
    gains: np.ndarray,
    p: int,
    values: np.ndarray,
    masses: np.ndarray,
) -> int:
    """Fill in the course of row ``p``; return the sum of its weights."""
    total = 0
    for n in range(pixels.shape[1]):
        values[n] = pixels[p, n] * gains[p % 3, n]
        mass = weights[p // 3, n]
        masses[n] = mass
        total += mass
    return total


@compiled_part(fastmath=True)
def _count(
    values: np.ndarray,
    masses: np.ndarray,
    centre: float,
    finer: float,
    shift: float,
    histogram: np.ndarray,
) -> None:
    """Histogram of distances to ``centre``, in ``finer`` bins a level, those above in the last."""
    for i in range(LEVELS + COARSE):
        histogram[i] = 0
    for n in range(values.shape[0]):
        bin = np.int64(abs(values[n] - centre) * finer + shift)
        if bin > LEVELS - 1:
            bin = LEVELS - 1
        mass = np.int32(masses[n])
        histogram[bin] += mass
        histogram[LEVELS + (bin >> 4)] += mass


@compiled_part(fastmath=True)
def _median(histogram: np.ndarray, total: int) -> float:
    """Weighted median of a histogram of this mass, interpolated within its bin."""
    running, group = 0, 0
    while 2 * (running + histogram[LEVELS + group]) < total:
        running += histogram[LEVELS + group]
        group += 1
    bin = COARSE * group
    while 2 * (running + histogram[bin]) < total:
        running += histogram[bin]
        bin += 1
    return bin - 0.5 + (0.5 * total - running) / histogram[bin]


@compiled_part(fastmath=True)
def _tukey_mean(values: np.ndarray, masses: np.ndarray, start: float, sigma: float) -> np.float32:
    """Two means by Tukey's weights, each around the one before; as float32."""
    if sigma < MIN_SIGMA:
        sigma = MIN_SIGMA
    narrow = np.float32(1 / (TUKEY * sigma))
    centre = np.float32(start)
    for _ in range(2):
        moment, total = np.float32(0), np.float32(0)
        for n in range(values.shape[0]):
            away = values[n] - centre
            inner = np.float32(1) - (away * narrow) * (away * narrow)
            inner = inner if inner > 0 else np.float32(0)
            kept = masses[n] * inner * inner
            moment += kept * away
            total += kept
        if total > 0:
            centre += moment / total
    return centre


@compiled(fastmath=True)
def _differences(frame: np.ndarray, gain: np.ndarray, plate: np.ndarray, out: np.ndarray) -> None:
    """The largest difference of each pixel's channels."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            red = abs(frame[y, x, 0] * gain[0] - plate[y, x, 0])
            green = abs(frame[y, x, 1] * gain[1] - plate[y, x, 1])
            blue = abs(frame[y, x, 2] * gain[2] - plate[y, x, 2])
            most = red if red > green else green
            out[y, x] = most if most > blue else blue
