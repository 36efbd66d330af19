"""Which of many pictures of a board to calibrate by: those that differ most."""

from __future__ import annotations

import cv2
import numpy as np

# Of the pictures the quickest share is left out: motion blurs, and cameras differ in time.
QUICK_SHARE = 0.3
# Of so many stretches of time every fourth is kept to judge by.
STRETCHES, HELD_EVERY = 24, 4
# Cells each way of a picture, of which it is counted how many a corner fell into.
CELLS = 8
# How much place, size and slant of the board count, each about 1 from one extreme to the other.
WEIGHTS = np.array([1.0, 1.0, 0.7, 0.7, 0.7])
# Slant, as the foreshortening over the whole board, beyond which it counts no more.
MOST_SLANT = 0.5


def looks(pixels: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where and how a board stands in pictures: (M, 5) of x, y, size, slant along each side.

    Args:
        pixels: (M, C, 2) with NaN, each with four corners or more.
        corners: (C, 3) of the board.
        size: Of the pictures.
    """
    width, height = size
    flat = corners[:, :2] - corners[:, :2].mean(axis=0)
    flat = flat / np.abs(flat).max()
    found = []
    for picture in pixels:
        seen = np.isfinite(picture[:, 0])
        homography, _ = cv2.findHomography(flat[seen], picture[seen])
        if homography is None:
            found.append(np.zeros(5))
            continue
        x, y = picture[seen].mean(axis=0)
        area = abs(np.linalg.det(homography[:2, :2] / homography[2, 2]))
        slant = np.clip(homography[2, :2] / homography[2, 2] / MOST_SLANT, -1, 1)
        found.append(np.array([x / width, y / height, np.sqrt(area) / max(size), *slant]))
    return np.array(found) * WEIGHTS


def speeds(pixels: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Pixels a frame (M,) by which the board moves, of pictures (M, C, 2) with NaN.

    Infinite where no neighbouring picture tells.
    """
    with np.errstate(invalid="ignore"):
        steps = np.linalg.norm(np.diff(pixels, axis=0), axis=-1)
    steps = [np.median(step[np.isfinite(step)]) if np.isfinite(step).any() else np.inf
             for step in steps]  # fmt: skip
    between = np.array([*steps]) / np.diff(moments) if len(steps) else np.zeros(0)
    slowest = np.full(len(moments), np.inf)
    slowest[:-1] = between
    slowest[1:] = np.minimum(slowest[1:], between)
    return slowest


def most_different(features: np.ndarray, count: int, start: int) -> np.ndarray:
    """Indices of up to ``count`` of the rows (N, D), each the farthest from those before.

    The first is ``start`` (Gonzalez, 1985).
    """
    chosen = [start]
    distances = np.linalg.norm(features - features[start], axis=1)
    while len(chosen) < min(count, len(features)):
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(features - features[chosen[-1]], axis=1))
    return np.array(chosen)


def still_ones(speed: np.ndarray, least: int) -> np.ndarray:
    """Indices of the pictures without the quickest, if at least so many remain; else of all."""
    order = np.argsort(speed, kind="stable")
    kept = max(min(least, len(order)), round((1 - QUICK_SHARE) * len(order)))
    return np.sort(order[:kept])


def coverage(pixels: np.ndarray, size: tuple[int, int]) -> float:
    """The share of the picture's cells into which a corner of pictures (M, C, 2) fell."""
    seen = pixels[np.isfinite(pixels[..., 0])]
    cells = np.clip((seen / size * CELLS).astype(int), 0, CELLS - 1)
    return len({tuple(cell) for cell in cells}) / CELLS**2


def held_moments(count: int) -> np.ndarray:
    """Which of ``count`` moments are kept to judge by, (M,) bool: whole stretches of them.

    Single ones would have neighbours among the others that hardly differ.
    """
    length = max(1, count // STRETCHES)
    return np.arange(count) // length % HELD_EVERY == HELD_EVERY - 1
