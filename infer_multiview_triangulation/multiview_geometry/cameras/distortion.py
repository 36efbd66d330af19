"""OpenCV's rational radial and tangential distortion, its derivative and its inverse."""

from __future__ import annotations

import numpy as np

NEWTON_STEPS = 12


def undistort(distorted: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Invert :func:`distort` by Newton's method, for normalised image coordinates (..., 2).

    Where it does not converge, beyond the radius at which the model folds over, the result is NaN.
    """
    xy = distorted.copy()
    if not coefficients.any():
        return xy
    for _ in range(NEWTON_STEPS):
        value, jacobian = distort(xy, coefficients)
        residual = value - distorted
        a, b, c, d = (jacobian[..., i, j] for i in (0, 1) for j in (0, 1))
        determinant = a * d - b * c
        with np.errstate(divide="ignore", invalid="ignore"):
            step_x = (d * residual[..., 0] - b * residual[..., 1]) / determinant
            step_y = (a * residual[..., 1] - c * residual[..., 0]) / determinant
        xy = xy - np.stack([step_x, step_y], axis=-1)
        # NaN compares false, so missing points do not keep the loop alive.
        if not (np.abs(residual) > 1e-13).any():
            break
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(distort(xy, coefficients)[0] - distorted).max(axis=-1)
        xy[~(error < 1e-6)] = np.nan
    return xy


def padded(coefficients: np.ndarray) -> np.ndarray:
    """All eight coefficients k1, k2, p1, p2, k3, k4, k5, k6, zeros where fewer are given."""
    return np.pad(coefficients, (0, 8 - len(coefficients)))


def distort(xy: np.ndarray, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distorted normalised coordinates (..., 2) and their derivative (..., 2, 2)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = padded(coefficients)
    u, v = xy[..., 0], xy[..., 1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        r2 = u * u + v * v
        numerator = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        denominator = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
        radial = numerator / denominator
        slope = (
            (k1 + r2 * (2 * k2 + 3 * r2 * k3)) - radial * (k4 + r2 * (2 * k5 + 3 * r2 * k6))
        ) / denominator
        distorted = np.stack(
            [
                u * radial + 2 * p1 * u * v + p2 * (r2 + 2 * u * u),
                v * radial + p1 * (r2 + 2 * v * v) + 2 * p2 * u * v,
            ],
            axis=-1,
        )
        jacobian = np.empty((*xy.shape, 2))
        jacobian[..., 0, 0] = radial + 2 * u * u * slope + 2 * p1 * v + 6 * p2 * u
        jacobian[..., 0, 1] = 2 * u * v * slope + 2 * p1 * u + 2 * p2 * v
        jacobian[..., 1, 0] = jacobian[..., 0, 1]
        jacobian[..., 1, 1] = radial + 2 * v * v * slope + 6 * p1 * v + 2 * p2 * u
    return distorted, jacobian
