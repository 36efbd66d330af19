"""A person's own colours, also where the background shines through and outside of the person.

Fast multi-level foreground estimation (Germer, Uelwer, Conrad and Harmeling, ICPR 2020,
https://arxiv.org/abs/2006.14970): each pixel's foreground F and background B explain the picture,
alpha F + (1 - alpha) B = I, and change little from pixel to pixel, least where alpha changes. It is
solved from the smallest copy of the picture to the picture itself, each level from the one before.
At the picture's own size only what is soft is solved, a few pixels in a hundred; the rest is the
picture's, or what the level before says.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from .compiled import compiled
from .pictures import as_alpha, box_of

# How far two neighbours are alike, whatever their alphas.
LEAST_LIKENESS = 1e-5
LEAST_WEIGHT = 1e-6
SMALL_SIDE = 32
SMALL_ROUNDS, LARGE_ROUNDS = 10, 2
# What is nearer to 0 or 1 than a byte can say is that.
LEAST_ALPHA = np.float32(0.5 / 255)
MOST_ALPHA = np.float32(1) - LEAST_ALPHA
# The first of which checkRange says that it is too much.
BEYOND_ONE = float(np.nextafter(np.float32(1), np.float32(2)))
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
UP, DOWN, LEFT, RIGHT = range(4)


def extend_foreground(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The foreground's colour at each pixel, uint8 RGB (H, W, 3).

    It is the picture's where ``alpha`` is 1, what the background left of it at the edge, and the
    edge's colour, smoothly carried on, where ``alpha`` is 0: laid over another background by
    ``alpha`` nothing of the old one is seen.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: (H, W), float in 0..1 or uint8 in 0..255.

    Raises:
        ValueError: The two are not of one size.

    Example:
        >>> import numpy as np
        >>> image = np.full((64, 64, 3), (0, 200, 0), np.uint8)
        >>> image[:, 32:] = (200, 100, 50)
        >>> alpha = np.zeros((64, 64), np.float32)
        >>> alpha[:, 32:] = 1
        >>> extend_foreground(image, alpha)[5, 5].tolist()
        [200, 100, 50]
    """
    if alpha.shape != image.shape[:2]:
        raise ValueError(f"alpha is {alpha.shape}, but the picture {image.shape}: give one size")
    if not _is_plain(alpha):
        alpha = as_alpha(alpha, *image.shape[:2])
    image = np.ascontiguousarray(image)
    if max(alpha.shape) == 1:
        return image.copy()
    coarse = _coarse_layers(*_halved(image, alpha))
    is_opaque = (alpha > MOST_ALPHA).view(np.uint8)
    is_soft = (alpha >= LEAST_ALPHA).view(np.uint8) - is_opaque
    foreground = _enlarged(cv2.convertScaleAbs(coarse[0]), alpha.shape)
    cv2.copyTo(image, is_opaque, foreground)
    rows, columns = box_of(is_soft > 0, margin=1)
    if image[rows, columns].size:
        near = cv2.dilate(is_soft[rows, columns], CROSS)
        _solve_soft(
            Soft(image, alpha, is_soft, near, rows.start, columns.start),
            *coarse,
            cv2.countNonZero(near),
            foreground,
        )
    return foreground


def _is_plain(alpha: np.ndarray) -> bool:
    """Whether it can be taken as it is: float32 in 0..1."""
    if alpha.dtype != np.float32 or not alpha.flags.c_contiguous:
        return False
    return cv2.checkRange(alpha, True, 0, BEYOND_ONE)[0]


def _halved(image: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Picture float32 and alpha at half their size."""
    height, width = alpha.shape
    size = (-(-width // 2), -(-height // 2))
    small, alpha = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (image, alpha))
    return small.astype(np.float32), alpha


def _coarse_layers(image: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Foreground and background of a small copy, float32 (h, w, 3) each."""
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > 1:
        levels.append(_halved(*levels[-1]))
    foreground, background = _mean(image, alpha), _mean(image, 1 - alpha)
    for picture, weight in reversed(levels):
        foreground, background = (
            _enlarged(layer, weight.shape) for layer in (foreground, background)
        )
        is_small = max(weight.shape) <= SMALL_SIDE
        _solve(picture, weight, foreground, background, SMALL_ROUNDS if is_small else LARGE_ROUNDS)
    return foreground, background


def _enlarged(layer: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(layer, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _mean(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weighted mean colour as a picture of one pixel, float32 (1, 1, 3)."""
    total = max(float(weight.sum()), LEAST_WEIGHT)
    flat = image.reshape(-1, 3)
    return (weight.reshape(1, -1) @ flat / np.float32(total)).reshape(1, 1, 3)


@compiled(fastmath=True, nogil=True)
def _solve(
    image: np.ndarray,
    alpha: np.ndarray,
    foreground: np.ndarray,
    background: np.ndarray,
    rounds: int,
) -> None:
    """Gauss and Seidel's iteration over ``foreground`` and ``background``, in place.

    All float32, (H, W, 3) and ``alpha`` (H, W). With the neighbours' weighted means F' and B', the
    sum of their weights W and r = I - alpha F' - (1 - alpha) B', the two at a pixel are
    F' + alpha r / d and B' + (1 - alpha) r / d, d = W + alpha² + (1 - alpha)².
    """
    height, width = alpha.shape
    for _ in range(rounds):
        for y in range(height):
            for x in range(width):
                a = alpha[y, x]
                if a > np.float32(1) - LEAST_ALPHA:
                    for c in range(3):
                        foreground[y, x, c] = image[y, x, c]
                    continue
                if a < LEAST_ALPHA:
                    for c in range(3):
                        background[y, x, c] = image[y, x, c]
                    continue
                total = np.float32(0)
                f0 = f1 = f2 = b0 = b1 = b2 = np.float32(0)
                for k in range(4):
                    v = y + (k == 0) - (k == 1)
                    u = x + (k == 2) - (k == 3)
                    if v < 0 or u < 0 or v >= height or u >= width:
                        continue
                    w = np.float32(LEAST_LIKENESS) + abs(a - alpha[v, u])
                    total += w
                    f0 += w * foreground[v, u, 0]
                    f1 += w * foreground[v, u, 1]
                    f2 += w * foreground[v, u, 2]
                    b0 += w * background[v, u, 0]
                    b1 += w * background[v, u, 1]
                    b2 += w * background[v, u, 2]
                if total == 0:
                    continue
                rest = np.float32(1) - a
                by = np.float32(1) / (total + a * a + rest * rest)
                scale = np.float32(1) / total
                for c, f, b in ((0, f0, b0), (1, f1, b1), (2, f2, b2)):
                    f, b = f * scale, b * scale
                    step = (image[y, x, c] - a * f - rest * b) * by
                    foreground[y, x, c] = min(max(f + a * step, np.float32(0)), np.float32(255))
                    background[y, x, c] = min(max(b + rest * step, np.float32(0)), np.float32(255))


class Soft(NamedTuple):
    """A picture whose soft pixels are to be solved.

    Attributes:
        image: uint8 (H, W, 3).
        alpha: float32 (H, W).
        is_soft: uint8 (H, W), above 0 where alpha is neither 0 nor 1.
        near: uint8 (h, w): a part of the picture that holds these and their neighbours, which are
            above 0.
        top, left: Where that part begins.
    """

    image: np.ndarray
    alpha: np.ndarray
    is_soft: np.ndarray
    near: np.ndarray
    top: int
    left: int


@compiled(fastmath=True, nogil=True)
def _solve_soft(
    soft: Soft, coarse: np.ndarray, coarse_background: np.ndarray, count: int, out: np.ndarray
) -> None:
    """As :func:`_solve`, of the soft pixels alone, from a level of half the size, into ``out``.

    ``coarse`` and ``coarse_background`` are float32 (h, w, 3), ``count`` pixels are near soft ones,
    ``out`` is uint8 (H, W, 3).
    """
    height, width = soft.alpha.shape
    rows, columns = soft.near.shape
    down_scale = np.float32(coarse.shape[0]) / np.float32(height)
    right_scale = np.float32(coarse.shape[1]) / np.float32(width)
    places = np.empty((count, 2), np.int32)
    alphas = np.empty(count, np.float32)
    layers = np.empty((count, 6), np.float32)
    # Of each pixel its four neighbours, as far as they are in the picture.
    neighbours = np.full((count, 4), -1, np.int32)
    above = np.full(columns, -1, np.int32)
    index = 0
    for row in range(rows):
        before = -1
        for column in range(columns):
            if soft.near[row, column] == 0:
                above[column] = -1
                before = -1
                continue
            y, x = soft.top + row, soft.left + column
            places[index, 0], places[index, 1] = y, x
            a = soft.alpha[y, x]
            alphas[index] = a
            _sample(coarse, coarse_background, y, x, down_scale, right_scale, layers[index])
            for c in range(3):
                if a > np.float32(1) - LEAST_ALPHA:
                    layers[index, c] = soft.image[y, x, c]
                elif a < LEAST_ALPHA:
                    layers[index, 3 + c] = soft.image[y, x, c]
            if before >= 0:
                neighbours[index, LEFT] = before
                neighbours[before, RIGHT] = index
            if above[column] >= 0:
                neighbours[index, UP] = above[column]
                neighbours[above[column], DOWN] = index
            above[column] = before = index
            index += 1
    means = np.empty(6, np.float32)
    for _ in range(LARGE_ROUNDS):
        for i in range(count):
            y, x = places[i]
            if soft.is_soft[y, x] == 0:
                continue
            a = alphas[i]
            total = np.float32(0)
            means[:] = 0
            for k in range(4):
                n = neighbours[i, k]
                if n < 0:
                    continue
                w = np.float32(LEAST_LIKENESS) + abs(a - alphas[n])
                total += w
                for c in range(6):
                    means[c] += w * layers[n, c]
            if total == 0:
                continue
            rest = np.float32(1) - a
            by = np.float32(1) / (total + a * a + rest * rest)
            scale = np.float32(1) / total
            for c in range(3):
                f, b = means[c] * scale, means[3 + c] * scale
                step = (soft.image[y, x, c] - a * f - rest * b) * by
                layers[i, c] = min(max(f + a * step, np.float32(0)), np.float32(255))
                layers[i, 3 + c] = min(max(b + rest * step, np.float32(0)), np.float32(255))
    for i in range(count):
        y, x = places[i]
        if soft.is_soft[y, x]:
            for c in range(3):
                out[y, x, c] = np.uint8(layers[i, c] + np.float32(0.5))


@compiled(fastmath=True, forceinline=True)
def _sample(
    foreground: np.ndarray,
    background: np.ndarray,
    y: int,
    x: int,
    down_scale: float,
    right_scale: float,
    out: np.ndarray,
) -> None:
    """Both layers (h, w, 3) at a pixel of the larger picture, into ``out`` (6,); bilinear."""
    height, width = foreground.shape[:2]
    v = (np.float32(y) + np.float32(0.5)) * down_scale - np.float32(0.5)
    u = (np.float32(x) + np.float32(0.5)) * right_scale - np.float32(0.5)
    v = min(max(v, np.float32(0)), np.float32(height - 1))
    u = min(max(u, np.float32(0)), np.float32(width - 1))
    top, left = int(v), int(u)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    v -= np.float32(top)
    u -= np.float32(left)
    for c in range(3):
        for k in range(2):
            layer = foreground if k == 0 else background
            upper = layer[top, left, c] + u * (layer[top, right, c] - layer[top, left, c])
            lower = layer[bottom, left, c] + u * (layer[bottom, right, c] - layer[bottom, left, c])
            out[3 * k + c] = upper + v * (lower - upper)
