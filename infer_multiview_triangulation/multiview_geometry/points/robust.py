"""Triangulation that survives wrong keypoints: every pair of views is a hypothesis, then IRLS."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .errors import outlier_scale, reprojection_errors, robust_weights, squared_errors
from .rays import Rays
from .triangulation import LinearPoints, weighted_dlt

MAX_PAIRS = 66
PARALLEL = 1e-10
SCALE_ROUNDS = 3
SAME_SCALE = 1.25
IRLS_ROUNDS = 5
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
    scale = outlier_scale(reprojection_errors(rays, weighted_dlt(rays)))
    result = _triangulate(rays, scale)
    for _ in range(SCALE_ROUNDS):
        before, scale = scale, outlier_scale(result.errors)
        if 1 / SAME_SCALE < scale / before < SAME_SCALE:
            break
        result = _triangulate(rays, scale)
    return result


def triangulated(rays: Rays, before: Triangulation, points: np.ndarray) -> Triangulation:
    """The triangulation ``before``, of rays of which only ``points`` (n,) have changed since."""
    anew = _triangulate(rays.of_points(points), before.scale)
    placed, errors = before.points.copy(), before.errors.copy()
    placed[points], errors[:, points] = anew.points, anew.errors
    return Triangulation(placed, errors, before.scale)


def _triangulate(rays: Rays, scale: float) -> Triangulation:
    most = rays.weights.max(initial=0)
    parts = [_placed(rays.of_points(part), scale, most) for part in rays.parts()]
    points = np.concatenate([np.zeros((0, 3)), *parts])
    return Triangulation(points, reprojection_errors(rays, points), scale)


def _placed(rays: Rays, scale: float, most: float) -> np.ndarray:
    start = _best_hypotheses(rays, scale)
    return iterated(rays, start, LinearPoints(rays), scale=scale, most=most)


def iterated(
    rays: Rays, points: np.ndarray, linear: LinearPoints, *, scale: float, most: float
) -> np.ndarray:
    """The points (N, 3), solved anew a few times with Geman and McClure's weights.

    Args:
        rays: Whose confidence counts.
        points: From where to begin; NaN where unknown.
        linear: Equations of the same observations.
        scale: Pixels beyond which an observation is an outlier.
        most: The greatest confidence.
    """
    for _ in range(IRLS_ROUNDS):
        weights = robust_weights(rays, points, scale)
        usable = (weights > MIN_WEIGHT * most).sum(axis=0) >= 2
        moved = linear.by_depth(weights, 1)
        keep = usable & np.isfinite(moved).all(axis=-1)
        points = np.where(keep[:, None], moved, points)
    return points


def every_pair(views: int) -> np.ndarray:
    """(P, 2) of so many views."""
    return np.array(list(combinations(range(views), 2)))


def drawn_pairs(views: int) -> np.ndarray:
    """(P, 2): every pair of views, or MAX_PAIRS drawn of them."""
    every = every_pair(views)
    if len(every) <= MAX_PAIRS:
        return every
    return np.random.default_rng(0).permutation(every)[:MAX_PAIRS]


def _best_hypotheses(rays: Rays, scale: float) -> np.ndarray:
    """The points (N, 3) of the best pairs of views, of up to 66 drawn of them.

    Points that none of the drawn pairs sees are tried with all.
    """
    pairs, every = drawn_pairs(len(rays.xy)), every_pair(len(rays.xy))
    points = best_of(rays, pairs, scale)
    if len(pairs) < len(every):
        unknown = ~np.isfinite(points[:, 0]) & (rays.observed.sum(axis=0) >= 2)
        if unknown.any():
            points[unknown] = best_of(rays.of_points(unknown), every, scale)
    return points


def best_of(rays: Rays, pairs: np.ndarray, scale: float) -> np.ndarray:
    """For each of N points the pair's that most confidence agrees with; NaN where none does."""
    count = rays.xy.shape[1]
    best, best_score = np.full((count, 3), np.nan), np.zeros(count)
    centres, directions, observed = rays.centres, directions_of(rays), rays.observed
    for a, b in pairs:
        points, in_front = midpoints(centres[[a, b]], directions[[a, b]])
        votes = votes_for(rays, points, scale)
        score = votes.sum(axis=0) * (in_front & observed[a] & observed[b])
        better = score > best_score
        best[better], best_score[better] = points[better], score[better]
    return best


def votes_for(rays: Rays, points: np.ndarray, scale: float) -> np.ndarray:
    """(V, N): the confidence with which each view agrees with points (N, 3)."""
    agreement, depths = squared_errors(rays, points)
    with np.errstate(invalid="ignore"):
        agreement *= -1 / scale**2
        agreement += 1
        # NaN is less than 0 here.
        np.fmax(agreement, 0, out=agreement)
        agreement *= depths > 0
    agreement *= rays.weights
    return agreement


def directions_of(rays: Rays) -> np.ndarray:
    """Unit viewing directions (V, N, 3) in the world."""
    ones = np.ones((*rays.xy.shape[:2], 1))
    directions = np.concatenate([rays.xy, ones], axis=-1) @ rays.rotations
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def midpoints(centres: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints (N, 3) of the shortest lines between two rays each; are they before both?

    Args:
        centres: (2, 3), of two cameras; or (2, N, 3), of each point's.
        directions: (2, N, 3), of length 1.
    """
    base = centres[1] - centres[0]
    cosine = (directions[0] * directions[1]).sum(-1)
    along_a, along_b = (directions[0] * base).sum(-1), (directions[1] * base).sum(-1)
    sine2 = np.maximum(1 - cosine**2, PARALLEL)
    t_a = (along_a - cosine * along_b) / sine2
    t_b = (cosine * along_a - along_b) / sine2
    ends = centres[0] + t_a[:, None] * directions[0], centres[1] + t_b[:, None] * directions[1]
    return (ends[0] + ends[1]) / 2, (t_a > 0) & (t_b > 0) & (1 - cosine**2 > PARALLEL)
