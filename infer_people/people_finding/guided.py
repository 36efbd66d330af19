"""A soft edge along the colours of the picture: the guided filter (He, Sun, Tang, 2013).

Its coefficients come from the small picture and are enlarged (He, Sun, Fast guided filter, 2015).
"""

from __future__ import annotations

import cv2
import numpy as np

RADIUS, EPSILON = 3, 1e-4

Planes = list[np.ndarray]


def guided_edges(alpha: np.ndarray, small: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Alpha at the size of ``full``.

    Args:
        alpha: float32 (h, w), 0 to 1.
        small: uint8 (h, w, 3), the picture that ``alpha`` was made from.
        full: uint8 (H, W, 3), the same picture.

    Returns:
        uint8 (H, W).
    """
    guide = [plane.astype(np.float32) / 255 for plane in cv2.split(small)]
    slopes, shift = _coefficients(alpha, guide)
    size = full.shape[1::-1]
    total = cv2.resize(shift, size, interpolation=cv2.INTER_LINEAR)
    for slope, plane in zip(slopes, cv2.split(full), strict=True):
        larger = cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR)
        cv2.add(total, cv2.multiply(larger, plane, scale=1 / 255, dtype=cv2.CV_32F), dst=total)
    return cv2.convertScaleAbs(np.maximum(total, 0, out=total), alpha=255)


def _coefficients(alpha: np.ndarray, guide: Planes) -> tuple[Planes, np.ndarray]:
    """Slopes (h, w) and shift (h, w): the slopes times the guide, and the shift, make alpha."""
    mean, mean_alpha = [_box(plane) for plane in guide], _box(alpha)
    covariance = [
        _box(plane * alpha) - middle * mean_alpha for plane, middle in zip(guide, mean, strict=True)
    ]
    variance = {
        (i, j): _box(guide[i] * guide[j]) - mean[i] * mean[j] for i in range(3) for j in range(i, 3)
    }
    slopes = _solved(variance, covariance)
    shift = mean_alpha - sum(s * m for s, m in zip(slopes, mean, strict=True))
    return [_box(slope) for slope in slopes], _box(shift)


def _solved(matrix: dict[tuple[int, int], np.ndarray], right: Planes) -> Planes:
    """The symmetric 3 by 3 systems of all pixels, with EPSILON on the diagonal."""
    xx, yy, zz = (matrix[i, i] + EPSILON for i in range(3))
    xy, xz, yz = matrix[0, 1], matrix[0, 2], matrix[1, 2]
    # Cofactors, which are symmetric too.
    cxx, cxy, cxz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    cyy, cyz, czz = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    x, y, z = right
    scale = 1 / (xx * cxx + xy * cxy + xz * cxz)
    return [
        (cxx * x + cxy * y + cxz * z) * scale,
        (cxy * x + cyy * y + cyz * z) * scale,
        (cxz * x + cyz * y + czz * z) * scale,
    ]


def _box(plane: np.ndarray) -> np.ndarray:
    return cv2.boxFilter(plane, -1, (2 * RADIUS + 1, 2 * RADIUS + 1))
