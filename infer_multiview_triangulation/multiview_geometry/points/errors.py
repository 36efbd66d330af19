"""Reprojection errors: how long they are, what counts as an outlier, what each one weighs."""

from __future__ import annotations

import numpy as np

from .rays import Rays

MIN_SCALE = 3.0
SCALE_FACTOR = 3.5
# The median length of a 2D Gaussian is so many of its standard deviations in each coordinate.
MEDIAN_LENGTH = 1.18
# A view whose errors are so many times the others' is late or badly calibrated.
DEVIANT_FACTOR = 2.0
MIN_TYPICAL_ERROR = 1.0


def reprojection_errors(rays: Rays, points: np.ndarray) -> np.ndarray:
    """(V, N) pixels between points and observations, NaN where missing or behind the camera."""
    errors = np.empty(rays.weights.shape)
    for part in rays.parts():
        seen = rays.of_points(part)
        squared, depths = squared_errors(seen, points[part])
        with np.errstate(invalid="ignore"):
            errors[:, part] = np.where(seen.observed & (depths > 0), np.sqrt(squared), np.nan)
    return errors


def squared_errors(rays: Rays, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared pixels between points and observations, missing ones included, and depths (V, N)."""
    x, y, depths = rays.offsets(points)
    with np.errstate(over="ignore", invalid="ignore"):
        x *= x
        y *= y
        x += y
    return x, depths


def outlier_scale(errors: np.ndarray) -> float:
    """The pixels beyond which an observation is an outlier, from errors (V, N), NaN for none.

    A point fitted to n views leaves 2n - 3 of 2n degrees of freedom to its residuals, so those
    of few views are enlarged before they are compared.
    """
    count = np.isfinite(errors).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        enlarged = errors * np.sqrt(2 * count / (2 * count - 3))
    median = finite_median(enlarged[:, count >= 2])
    return MIN_SCALE if median is None else max(MIN_SCALE, SCALE_FACTOR * median / MEDIAN_LENGTH)


def geman_mcclure(squared: np.ndarray, scale: float) -> np.ndarray:
    """Weights (s^2 / (s^2 + r^2))^2 of squared errors by Geman and McClure's robust loss."""
    shares = scale**2 / (scale**2 + squared)
    return shares * shares


def robust_weights(rays: Rays, points: np.ndarray, scale: float) -> np.ndarray:
    """(V, N): confidence times Geman and McClure's weight; 0 behind a camera."""
    squared, depths = squared_errors(rays, points)
    with np.errstate(invalid="ignore"):
        weights = geman_mcclure(squared, scale)
        # NaN is neither.
        usable = (depths > 0) & (weights >= 0)
    return np.where(usable, weights, 0) * rays.weights


def view_weights(errors: np.ndarray) -> np.ndarray:
    """(V,): what the observations of each view weigh, 1 but for views far from the others.

    Keypoints of such a view err together, so that no robust weight of single ones removes them;
    the view weighs the inverse of its variance.

    Args:
        errors: (V, N) pixels, NaN where missing.
    """
    medians = np.array([finite_median(view) for view in errors], np.float64)
    if not np.isfinite(medians).any():
        return np.ones(len(errors))
    typical = max(float(np.nanmedian(medians)), MIN_TYPICAL_ERROR)
    relative = np.nan_to_num(medians / typical, nan=1.0)
    return np.where(relative > DEVIANT_FACTOR, 1 / np.maximum(relative, 1) ** 2, 1.0)


def finite_median(values: np.ndarray) -> float | None:
    """The median of those values that are finite; None without any."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
