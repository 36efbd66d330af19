"""Weighted medians, and Tukey means around them, of many pixels at once through time.

A pixel's median is found by halving its range of levels: how much weight lies below a level is
counted for a block of pixels together, frame by frame as they lie in memory, which a compiler makes
vector instructions of. The distances to the median are gone through likewise. Where nobody passes
a range is narrow, and two or three halvings find what eight would.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..extract_background_kit.compiled import compiled, compiled_part, over_rows

TUKEY = 4.685
SIGMA_OF_MAD = 1.4826
MIN_SIGMA = 0.7
LEVELS = 256
FINER = 4.0
# Channels that are worked on together: a multiple of 3 and of the widest vectors.
BLOCK = 192
HALF, FOURTH = np.float32(0.5), np.float32(1 / FINER)
FINE, LAST = np.float32(FINER), np.float32(LEVELS - 1)
NOTHING, ONE = np.float32(0), np.float32(1)
# From a MAD to the inverse of Tukey's reach, and the most that this may be.
INVERSE_REACH = np.float32(1 / (TUKEY * SIGMA_OF_MAD))
MOST_INVERSE = np.float32(1 / (TUKEY * MIN_SIGMA))


def over_statistics(
    frames: np.ndarray,
    weights: np.ndarray,
    gains: np.ndarray,
    *,
    is_mean: bool,
    out: np.ndarray,
) -> None:
    """Write the weighted median of each pixel through time, or the Tukey mean around it.

    Pixels that no frame shows keep what is there.

    Args:
        frames: uint8 (N, h, w, 3).
        weights: uint8 (N, h, w); their sums are exact up to 65,000 frames.
        gains: float32 (N, 3), what brings frames to one exposure.
        is_mean: Two means by Tukey's biweight around the median, its scale from the weighted MAD.
        out: float32 (h, w, 3).
    """
    count = len(frames)
    gains = np.tile(np.asarray(gains, np.float32), BLOCK // 3)

    def row(y: int) -> None:
        pixels = np.ascontiguousarray(frames[:, y]).reshape(count, -1)
        shares = cv2.cvtColor(np.ascontiguousarray(weights[:, y]), cv2.COLOR_GRAY2RGB)
        room = np.empty((3, count, BLOCK), np.float32)
        block = np.empty((ROWS, BLOCK), np.float32)
        shares = shares.reshape(count, -1)
        _statistics(pixels, shares, gains, is_mean, room, block, out[y].reshape(-1))

    over_rows(row, len(out))


# What is found of each channel of a block: its whole weight, the level so far, the weight below it
# and up to it, and that of a level which is tried; the median or mean, Tukey's inverse reach, and
# the two sums of a mean.
ROWS = 9


@compiled(fastmath=True)
def _statistics(
    pixels: np.ndarray,
    shares: np.ndarray,
    gains: np.ndarray,
    is_mean: bool,
    room: np.ndarray,
    block: np.ndarray,
    out: np.ndarray,
) -> None:
    """Of one row: ``pixels`` and ``shares`` uint8 (N, P), ``out`` float32 (P,).

    ``gains`` is float32 (N, BLOCK), one a channel; ``room`` float32 (3, N, BLOCK) and ``block``
    float32 (ROWS, BLOCK) are to work in.
    """
    values, levels, masses = room[0], room[1], room[2]
    total, level, below, up_to, tried = block[0], block[1], block[2], block[3], block[4]
    centre, narrow, moment, kept = block[5], block[6], block[7], block[8]
    for start in range(0, pixels.shape[1], BLOCK):
        count = min(BLOCK, pixels.shape[1] - start)
        _load(pixels, shares, gains, values, levels, masses, total, start, count)
        _search(levels, masses, total, level, below, up_to, tried, count)
        for p in range(count):
            inside = up_to[p] - below[p]
            inside = inside if inside > NOTHING else ONE
            centre[p] = level[p] - HALF + (HALF * total[p] - below[p]) / inside
        if is_mean:
            _measure_distances(values, centre, levels, count)
            _search(levels, masses, total, level, below, up_to, tried, count)
            for p in range(count):
                inside = up_to[p] - below[p]
                inside = inside if inside > NOTHING else ONE
                mad = (level[p] + (HALF * total[p] - below[p]) / inside) * FOURTH
                inverse = INVERSE_REACH / mad
                narrow[p] = inverse if inverse < MOST_INVERSE else MOST_INVERSE
            for _ in range(2):
                _weigh(values, masses, centre, narrow, tried, moment, kept, count)
                for p in range(count):
                    if kept[p] > NOTHING:
                        centre[p] += moment[p] / kept[p]
        for p in range(count):
            if total[p] > NOTHING:
                out[start + p] = centre[p]


# Of loops that write several arrays LLVM makes no vector instructions, so each has its own; and
# rows are not cut out of arrays, which would be counted as users of them each time.


@compiled_part(fastmath=True)
def _load(
    pixels: np.ndarray,
    shares: np.ndarray,
    gains: np.ndarray,
    values: np.ndarray,
    levels: np.ndarray,
    masses: np.ndarray,
    total: np.ndarray,
    start: int,
    count: int,
) -> None:
    """A block's values, nearest levels and weights, and the sums of these."""
    for p in range(count):
        total[p] = NOTHING
    for n in range(values.shape[0]):
        for p in range(count):
            values[n, p] = np.float32(pixels[n, start + p]) * gains[n, p]
        for p in range(count):
            masses[n, p] = np.float32(shares[n, start + p])
        for p in range(count):
            total[p] += masses[n, p]
        for p in range(count):
            level = np.float32(np.int32(values[n, p] + HALF))
            levels[n, p] = level if level < LAST else LAST


@compiled_part(fastmath=True)
def _measure_distances(
    values: np.ndarray, centre: np.ndarray, levels: np.ndarray, count: int
) -> None:
    """How far each value is from the centre, in whole steps."""
    for n in range(values.shape[0]):
        for p in range(count):
            away = np.float32(np.int32(abs(values[n, p] - centre[p]) * FINE))
            levels[n, p] = away if away < LAST else LAST


@compiled_part(fastmath=True)
def _search(
    levels: np.ndarray,
    masses: np.ndarray,
    total: np.ndarray,
    level: np.ndarray,
    below: np.ndarray,
    up_to: np.ndarray,
    tried: np.ndarray,
    count: int,
) -> None:
    """The lowest level up to which lies half of the weight, and the weight below and up to it."""
    frames = levels.shape[0]
    for p in range(count):
        level[p], up_to[p] = LAST, NOTHING
    for n in range(frames):
        for p in range(count):
            low = levels[n, p] if masses[n, p] > NOTHING else LAST
            level[p] = low if low < level[p] else level[p]
        for p in range(count):
            high = levels[n, p] if masses[n, p] > NOTHING else NOTHING
            up_to[p] = high if high > up_to[p] else up_to[p]
    widest = NOTHING
    for p in range(count):
        width = up_to[p] - level[p]
        widest = width if width > widest else widest
        below[p], up_to[p] = NOTHING, total[p]
    step = ONE
    while step + step <= widest:
        step += step
    step = step if widest > NOTHING else NOTHING
    while step >= ONE:
        for p in range(count):
            tried[p] = NOTHING
            level[p] += step
        for n in range(frames):
            for p in range(count):
                tried[p] += masses[n, p] if levels[n, p] < level[p] else NOTHING
        for p in range(count):
            if tried[p] + tried[p] < total[p]:
                below[p] = tried[p]
            else:
                up_to[p] = tried[p]
                level[p] -= step
        step *= HALF


@compiled_part(fastmath=True)
def _weigh(
    values: np.ndarray,
    masses: np.ndarray,
    centre: np.ndarray,
    narrow: np.ndarray,
    weight: np.ndarray,
    moment: np.ndarray,
    kept: np.ndarray,
    count: int,
) -> None:
    """The sums of Tukey's means around ``centre``; ``weight`` is room."""
    for p in range(count):
        moment[p] = kept[p] = NOTHING
    for n in range(values.shape[0]):
        for p in range(count):
            scaled = (values[n, p] - centre[p]) * narrow[p]
            inner = ONE - scaled * scaled
            inner = inner if inner > NOTHING else NOTHING
            weight[p] = masses[n, p] * inner * inner
        for p in range(count):
            moment[p] += weight[p] * (values[n, p] - centre[p])
        for p in range(count):
            kept[p] += weight[p]
