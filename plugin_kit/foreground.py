"""A person's own colours, also where the background shines through and outside of the person.

Fast multi-level foreground estimation (Germer, Uelwer, Conrad and Harmeling, ICPR 2020,
https://arxiv.org/abs/2006.14970): each pixel's foreground F and background B explain the picture,
alpha F + (1 - alpha) B = I, and change little from pixel to pixel, least where alpha changes. It is
solved from the smallest copy of the picture to the picture itself, each level from the one before.
"""

from __future__ import annotations

import cv2
import numpy as np

from .compiled import compiled
from .pictures import as_alpha

# How far two neighbours are alike, whatever their alphas.
LEAST_LIKENESS = 1e-5
LEAST_WEIGHT = 1e-6
SMALL_SIDE = 32
SMALL_ROUNDS, LARGE_ROUNDS = 10, 2
# What is nearer to 0 or 1 than a byte can say is that.
LEAST_ALPHA = np.float32(0.5 / 255)


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
    alpha = as_alpha(alpha, *image.shape[:2])
    levels = _levels(image.astype(np.float32), alpha)
    foreground, background = _mean(*levels[0]), _mean(levels[0][0], 1 - alpha)
    for picture, weight in reversed(levels):
        size = (picture.shape[1], picture.shape[0])
        foreground, background = (
            cv2.resize(layer, size, interpolation=cv2.INTER_LINEAR)
            for layer in (foreground, background)
        )
        is_small = max(size) <= SMALL_SIDE
        _solve(picture, weight, foreground, background, SMALL_ROUNDS if is_small else LARGE_ROUNDS)
    return cv2.convertScaleAbs(foreground)


def _levels(image: np.ndarray, alpha: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Picture and alpha, halved again and again down to one pixel."""
    levels = [(image, alpha)]
    while max(alpha.shape) > 1:
        height, width = alpha.shape
        size = (-(-width // 2), -(-height // 2))
        image, alpha = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (image, alpha))
        levels.append((image, alpha))
    return levels


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
