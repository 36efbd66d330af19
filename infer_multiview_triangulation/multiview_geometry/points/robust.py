"""Triangulation that survives wrong keypoints: every pair of views is a hypothesis, then IRLS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import outlier_scale, reprojection_errors, robust_weights
from .hypotheses import best_hypotheses, sampled_pairs
from .rays import Rays
from .triangulation import weighted_dlt

SCALE_ROUNDS = 3
SAME_SCALE = 1.25
IRLS_ROUNDS = 5
POINTS_AT_ONCE = 4096
MIN_WEIGHT = 0.05


@dataclass(frozen=True)
class Triangulation:
    """Points and what each view thinks of them.

    Attributes:
        points: (N, 3), NaN where unknown.
        errors: (V, N), pixels between the point and each observation, NaN where missing.
        scale: Pixels beyond which an observation is an outlier.
    """

    points: np.ndarray
    errors: np.ndarray
    scale: float

    @property
    def inliers(self) -> np.ndarray:
        """(V, N) bool."""
        with np.errstate(invalid="ignore"):
            return self.errors < self.scale

    def agreed(self, frames: int) -> np.ndarray:
        """The points as (F, J, 3), NaN where no two views agree."""
        points = self.points.copy()
        points[self.inliers.sum(axis=0) < 2] = np.nan
        return points.reshape(frames, -1, 3)


def triangulate_robust(rays: Rays) -> Triangulation:
    """Triangulate N points.

    The outlier scale is 3.5 times the median absolute residual of *all* observations, at least
    3 pixels: one fixed in advance fails on real calibrations, one from inliers alone collapses.
    """
    pairs = sampled_pairs(len(rays.xy))
    scale = outlier_scale(reprojection_errors(rays, weighted_dlt(rays)))
    result = _triangulate(rays, pairs, scale)
    for _ in range(SCALE_ROUNDS):
        before, scale = scale, outlier_scale(result.errors)
        if 1 / SAME_SCALE < scale / before < SAME_SCALE:
            break
        result = _triangulate(rays, pairs, scale)
    return result


def _triangulate(rays: Rays, pairs: np.ndarray, scale: float) -> Triangulation:
    starts = range(0, rays.xy.shape[1], POINTS_AT_ONCE)
    parts = [rays.of_points(slice(i, i + POINTS_AT_ONCE)) for i in starts]
    points = [best_hypotheses(part, pairs, scale) for part in parts]
    start = np.concatenate(points) if points else np.zeros((0, 3))
    return _refine(rays, start, scale)


def _refine(rays: Rays, points: np.ndarray, scale: float) -> Triangulation:
    """Iterate weighted triangulation with Geman and McClure's weights."""
    for _ in range(IRLS_ROUNDS):
        weights = robust_weights(rays, points, scale)
        usable = (weights > MIN_WEIGHT * rays.weights.max(initial=0)).sum(axis=0) >= 2
        moved = weighted_dlt(rays.weighted(weights), rounds=1)
        keep = usable & np.isfinite(moved).all(axis=-1)
        points = np.where(keep[:, None], moved, points)
    return Triangulation(points, reprojection_errors(rays, points), scale)
