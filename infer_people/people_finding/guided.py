"""A soft edge along the colours of the picture: the guided filter (He, Sun, Tang, 2013).

Its coefficients come from the small picture and are enlarged (He, Sun, Fast guided filter, 2015).
"""

from __future__ import annotations

import cv2
import numpy as np

RADIUS, EPSILON = 3, 1e-4
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def guided_edges(alpha: np.ndarray, small: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Alpha at the size of ``full``.

    Args:
        alpha: float32 (h, w), 0 to 1.
        small: uint8 (h, w, 3), the picture that ``alpha`` was made from.
        full: uint8 (H, W, 3), the same picture.

    Returns:
        uint8 (H, W).
    """
    slopes, shift = _coefficients(alpha, small.astype(np.float32) / 255)
    size = full.shape[1::-1]
    # One plane after another: few full-size floats at a time.
    total = cv2.resize(shift, size, interpolation=cv2.INTER_LINEAR)
    for channel in range(3):
        slope = cv2.resize(slopes[..., channel], size, interpolation=cv2.INTER_LINEAR)
        total += cv2.multiply(slope, full[..., channel], scale=1 / 255, dtype=cv2.CV_32F)
    return cv2.convertScaleAbs(np.maximum(total, 0, out=total), alpha=255)


def _coefficients(alpha: np.ndarray, guide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (h, w, 3) and shift (h, w): alpha is nearly their product with the guide, and sum."""
    mean, mean_alpha = _box(guide), _box(alpha)
    covariance = _box(guide * alpha[..., None]) - mean * mean_alpha[..., None]
    products = np.stack([guide[..., i] * guide[..., j] for i, j in PAIRS], axis=-1)
    spread = np.stack([mean[..., i] * mean[..., j] for i, j in PAIRS], axis=-1)
    # cv2 filters at most four channels at a time.
    variance = np.concatenate([_box(products[..., :3]), _box(products[..., 3:])], -1) - spread
    slopes = _solved(variance, covariance)
    shift = mean_alpha - (slopes * mean).sum(axis=-1)
    return _box(slopes), _box(shift)


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The symmetric 3 by 3 systems, six numbers each, with EPSILON on the diagonal."""
    xx, xy, xz, yy, yz, zz = np.moveaxis(matrix, -1, 0)
    xx, yy, zz = xx + EPSILON, yy + EPSILON, zz + EPSILON
    # Cofactors, which are symmetric too.
    cxx, cxy, cxz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    cyy, cyz, czz = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    x, y, z = np.moveaxis(right, -1, 0)
    solution = [
        cxx * x + cxy * y + cxz * z,
        cxy * x + cyy * y + cyz * z,
        cxz * x + cyz * y + czz * z,
    ]
    determinant = xx * cxx + xy * cxy + xz * cxz
    return np.stack(solution, axis=-1) / determinant[..., None]


def _box(values: np.ndarray) -> np.ndarray:
    return cv2.boxFilter(values, -1, (2 * RADIUS + 1, 2 * RADIUS + 1))
