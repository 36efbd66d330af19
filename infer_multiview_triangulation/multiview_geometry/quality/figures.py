"""How good a reconstruction is, in plain numbers and texts, as JSON holds them.

The task's README explains each key.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TypedDict

import numpy as np

from ..camera import Camera
from ..points.errors import finite_median, reprojection_errors
from ..points.left_out import points_without_each
from ..points.rays import Rays

LEFT_OUT_POINTS = 2000


class ViewQuality(TypedDict):
    """Reprojection errors of one view in pixels, None where it has none, and what else is known."""

    name: str
    observed: float
    inlier_share: float | None
    median: float | None
    mad: float | None
    bias: list[float] | None
    swapped_frames: int
    late_frames: int | None
    left_out_median: float | None


class Quality(TypedDict):
    """Figures of all views together, a row a view, and what went wrong, in words."""

    views: list[ViewQuality]
    outlier_scale: float
    reprojection_median: float | None
    left_out_median: float | None
    parallax_degrees: float | None
    measured_share: float
    interpolated_share: float
    rejected_share: float
    side_margin: float | None
    doubtful_side_frames: int
    smooth: float
    bone: float
    smooth_curve: list[list[float]]
    held_out_given: float | None
    held_out_adjusted: float | None
    warnings: list[str]
    scale: float


def view_rows(
    rays: Rays,
    points: np.ndarray,
    *,
    scale: float,
    names: Sequence[str],
    swapped: np.ndarray,
    late: Sequence[int | None] | None,
    left_out: Sequence[np.ndarray],
) -> list[ViewQuality]:
    """What is known of each view, its errors those at ``points`` (N, 3).

    Args:
        scale: Pixels beyond which an observation is an outlier.
        swapped: (V, F) bool, where left and right were exchanged back.
        late: Frames by which each view is late, None where that cannot be told; or None where
            nobody asked.
        left_out: Of each view the errors of :func:`left_out_errors`.
    """
    residuals, _ = rays.residuals(points)
    errors = reprojection_errors(rays, points)
    rows = []
    for view, name in enumerate(names):
        known = np.isfinite(errors[view])
        own, is_seen = errors[view, known], known.any()
        rows.append(
            ViewQuality(
                name=name,
                observed=float(rays.observed[view].mean()),
                inlier_share=float((own < scale).mean()) if is_seen else None,
                median=finite_median(own),
                mad=float(np.median(np.abs(own - np.median(own)))) if is_seen else None,
                bias=np.median(residuals[view, known], axis=0).tolist() if is_seen else None,
                swapped_frames=int(swapped[view].sum()),
                late_frames=None if late is None else late[view],
                left_out_median=finite_median(left_out[view]),
            )
        )
    return rows


def left_out_errors(rays: Rays) -> list[np.ndarray]:
    """For each view the pixels between what it saw and points that the other views made.

    With two views there is nothing to predict from: the arrays are empty.
    """
    views, count = rays.xy.shape[:2]
    if views < 3:
        return [np.zeros(0)] * views
    sample = np.random.default_rng(0).permutation(count)[:LEFT_OUT_POINTS]
    sampled = rays.of_points(np.sort(sample))
    errors = [
        reprojection_errors(sampled, points)[view]
        for view, points in enumerate(points_without_each(sampled))
    ]
    return [own[np.isfinite(own)] for own in errors]


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
