"""How good a reconstruction is: errors a view, and each view predicted from the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..cameras.camera import Camera
from ..points.errors import finite_median, reprojection_errors
from ..points.rays import Rays
from ..points.robust import triangulate_robust
from .report import ErrorFigures

LEFT_OUT_POINTS = 4000


def error_figures(rays: Rays, points: np.ndarray, scale: float) -> list[ErrorFigures]:
    """Figures of each view's errors at ``points`` (N, 3).

    Args:
        scale: Pixels beyond which an observation is an outlier.
    """
    residuals, _ = rays.residuals(points)
    errors = reprojection_errors(rays, points)
    return [
        _figures(*view, scale=scale) for view in zip(rays.observed, residuals, errors, strict=True)
    ]


def _figures(
    observed: np.ndarray, residuals: np.ndarray, errors: np.ndarray, *, scale: float
) -> ErrorFigures:
    """Of one view: (N,) bool, (N, 2), (N,)."""
    share = float(observed.mean()) if len(observed) else 0.0
    known = np.isfinite(errors)
    errors = errors[known]
    median = finite_median(errors)
    if median is None:
        return ErrorFigures(observed=share, inlier_share=None, median=None, mad=None, bias=None)
    return ErrorFigures(
        observed=share,
        inlier_share=float((errors < scale).mean()),
        median=median,
        mad=float(np.median(np.abs(errors - median))),
        bias=np.median(residuals[known], axis=0).tolist(),
    )


def left_out_errors(rays: Rays) -> list[np.ndarray]:
    """For each view the pixels between what it saw and points that the other views made.

    With two views there is nothing to predict from: the arrays are empty.
    """
    views, count = rays.xy.shape[:2]
    if views < 3:
        return [np.zeros(0)] * views
    sample = np.random.default_rng(0).permutation(count)[:LEFT_OUT_POINTS]
    sampled = rays.of_points(np.sort(sample))
    errors = []
    for view in range(views):
        others = sampled.of_views(np.arange(views) != view)
        own = reprojection_errors(sampled, triangulate_robust(others).points)[view]
        errors.append(own[np.isfinite(own)])
    return errors


def best_parallax(cameras: Sequence[Camera], points: np.ndarray) -> float | None:
    """Of the median angles under which two views see points (N, 3) that nearest to 90 degrees.

    None without points: 90 degrees locate a point best; 0 and 180 do not at all.
    """
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    rays = [points - camera.centre for camera in cameras]
    rays = [ray / np.linalg.norm(ray, axis=1, keepdims=True) for ray in rays]
    angles = [
        np.degrees(np.median(np.arccos(np.clip((a * b).sum(axis=1), -1, 1))))
        for a, b in combinations(rays, 2)
    ]
    return float(min(angles, key=lambda angle: abs(angle - 90)))
