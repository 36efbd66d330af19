"""Triangulation that survives wrong keypoints: every pair of views is a hypothesis, then IRLS."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .triangulation import weighted_dlt
from .views import Rays

FLOOR_PIXELS = 3.0
SCALE_FACTOR = 3.5
SCALE_ROUNDS = 3
SAME_SCALE = 1.25
IRLS_ROUNDS = 5
MOST_PAIRS = 66
POINTS_AT_ONCE = 4096
LEAST_WEIGHT = 0.05
PARALLEL = 1e-10
# A view whose residuals are so many times the others' is late or badly calibrated.
APART_FACTOR = 2.0
LEAST_RESIDUAL = 1.0


@dataclass(frozen=True)
class Triangulated:
    """Points and what each view thinks of them.

    Attributes:
        points: (N, 3), NaN where unknown.
        weight: (V, N), confidence times the robust weight of the last round.
        error: (V, N), pixels between the point and each observation, NaN where missing.
        scale: Pixels beyond which an observation is an outlier.
    """

    points: np.ndarray
    weight: np.ndarray
    error: np.ndarray
    scale: float

    @property
    def inliers(self) -> np.ndarray:
        """(V, N) bool."""
        with np.errstate(invalid="ignore"):
            return self.error < self.scale


def triangulate_robust(rays: Rays, scale: float | None = None) -> Triangulated:
    """Triangulate N points.

    The outlier scale is 3.5 times the median absolute residual of *all* observations, at least
    3 pixels: one fixed in advance fails on real calibrations, one from inliers alone collapses.

    Args:
        scale: Pixels; None estimates it.
    """
    pairs = _pairs(len(rays.xy))
    if scale is not None:
        return _with_scale(rays, pairs, scale)
    estimate = _first_scale(rays)
    result = _with_scale(rays, pairs, estimate)
    for _ in range(SCALE_ROUNDS):
        before, estimate = estimate, scale_of(result.error)
        if 1 / SAME_SCALE < estimate / before < SAME_SCALE:
            break
        result = _with_scale(rays, pairs, estimate)
    return result


def scale_of(error: np.ndarray) -> float:
    """The outlier scale of residuals (V, N) in pixels, NaN where there is none.

    A point fitted to n views leaves 2n - 3 of 2n degrees of freedom to its residuals, so those
    of few views are enlarged before they are compared.
    """
    count = np.isfinite(error).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        enlarged = error * np.sqrt(2 * count / (2 * count - 3))
    known = enlarged[:, count >= 2]
    known = known[np.isfinite(known)]
    if not len(known):
        return FLOOR_PIXELS
    # The median length of a 2D Gaussian is 1.18 of its standard deviation in each coordinate.
    return max(FLOOR_PIXELS, SCALE_FACTOR * float(np.median(known)) / 1.18)


def view_trust(error: np.ndarray) -> np.ndarray:
    """(V,): what the observations of each view count, 1 but for views far from the others.

    Keypoints of such a view err together, so that no robust weight of single ones removes them;
    the view counts by the inverse of its variance.

    Args:
        error: (V, N) pixels, NaN where missing.
    """
    medians = np.full(len(error), np.nan)
    for view, lengths in enumerate(error):
        known = lengths[np.isfinite(lengths)]
        if len(known):
            medians[view] = np.median(known)
    if not np.isfinite(medians).any():
        return np.ones(len(error))
    typical = max(float(np.nanmedian(medians)), LEAST_RESIDUAL)
    relative = np.nan_to_num(medians / typical, nan=1.0)
    return np.where(relative > APART_FACTOR, 1 / np.maximum(relative, 1) ** 2, 1.0)


def _first_scale(rays: Rays) -> float:
    lengths = lengths_of(rays, weighted_dlt(rays))
    return scale_of(lengths)


def lengths_of(rays: Rays, points: np.ndarray) -> np.ndarray:
    """(V, N) pixels between points and observations, NaN where missing or behind the camera."""
    off, depth = rays.residuals(points)
    with np.errstate(invalid="ignore"):
        valid = rays.seen & (depth > 0)
    return np.where(valid, np.linalg.norm(off, axis=-1), np.nan)


def _every_pair(views: int) -> np.ndarray:
    return np.array(list(combinations(range(views), 2)))


def _pairs(views: int) -> np.ndarray:
    every = _every_pair(views)
    if len(every) <= MOST_PAIRS:
        return every
    return np.random.default_rng(0).permutation(every)[:MOST_PAIRS]


def _with_scale(rays: Rays, pairs: np.ndarray, scale: float) -> Triangulated:
    count = rays.xy.shape[1]
    starts = range(0, count, POINTS_AT_ONCE)
    parts = [rays.part(slice(i, i + POINTS_AT_ONCE)) for i in starts]
    points = [_hypothesis(part, pairs, scale) for part in parts]
    start = np.concatenate(points) if points else np.zeros((0, 3))
    return _refined(rays, start, scale)


def _hypothesis(rays: Rays, pairs: np.ndarray, scale: float) -> np.ndarray:
    """The best pair's points (N, 3); those that none of some pairs sees are tried with all."""
    points = _voted(rays, pairs, scale)
    every = _every_pair(len(rays.xy))
    unknown = ~np.isfinite(points[:, 0]) & (rays.seen.sum(axis=0) >= 2)
    if len(pairs) < len(every) and unknown.any():
        points[unknown] = _voted(rays.part(unknown), every, scale)
    return points


def _voted(rays: Rays, pairs: np.ndarray, scale: float) -> np.ndarray:
    """The pair's point that most confidence agrees with, for each of N points."""
    count = rays.xy.shape[1]
    best, best_score = np.full((count, 3), np.nan), np.zeros(count)
    centres, directions = _lines(rays)
    seen = rays.seen
    turns = rays.extrinsics[:, :, :3].transpose(0, 2, 1)
    for a, b in pairs:
        points, in_front = _midpoints(centres[[a, b]], directions[[a, b]])
        local = points @ turns + rays.extrinsics[:, None, :, 3]
        depth = local[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            off_x = (local[..., 0] / depth - rays.xy[..., 0]) * rays.focal[:, :1]
            off_y = (local[..., 1] / depth - rays.xy[..., 1]) * rays.focal[:, 1:]
            near = 1 - (off_x * off_x + off_y * off_y) / scale**2
        votes = np.where((near > 0) & (depth > 0), near, 0) * rays.weight
        score = votes.sum(axis=0) * (in_front & seen[a] & seen[b])
        better = score > best_score
        best[better], best_score[better] = points[better], score[better]
    return best


def _lines(rays: Rays) -> tuple[np.ndarray, np.ndarray]:
    """Camera centres (V, 3) and unit viewing directions (V, N, 3) in the world."""
    turns = rays.extrinsics[:, :, :3]
    centres = -np.einsum("vba,vb->va", turns, rays.extrinsics[:, :, 3])
    ones = np.ones((*rays.xy.shape[:2], 1))
    directions = np.concatenate([rays.xy, ones], axis=-1) @ turns
    return centres, directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def _midpoints(centres: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints (N, 3) of the shortest lines between two rays each; are they before both?"""
    base = centres[1] - centres[0]
    cosine = (directions[0] * directions[1]).sum(-1)
    along_a, along_b = directions[0] @ base, directions[1] @ base
    sine2 = np.maximum(1 - cosine**2, PARALLEL)
    t_a = (along_a - cosine * along_b) / sine2
    t_b = (cosine * along_a - along_b) / sine2
    ends = centres[0] + t_a[:, None] * directions[0], centres[1] + t_b[:, None] * directions[1]
    return (ends[0] + ends[1]) / 2, (t_a > 0) & (t_b > 0) & (1 - cosine**2 > PARALLEL)


def _refined(rays: Rays, points: np.ndarray, scale: float) -> Triangulated:
    """Iterate weighted triangulation with Geman and McClure's weights."""
    for _ in range(IRLS_ROUNDS):
        weight = robust_weight(rays, points, scale)
        usable = (weight > LEAST_WEIGHT * rays.weight.max(initial=0)).sum(axis=0) >= 2
        moved = weighted_dlt(rays.weighted(weight), rounds=1)
        keep = usable & np.isfinite(moved).all(axis=-1)
        points = np.where(keep[:, None], moved, points)
    weight = robust_weight(rays, points, scale)
    return Triangulated(points, weight, lengths_of(rays, points), scale)


def robust_weight(rays: Rays, points: np.ndarray, scale: float) -> np.ndarray:
    """(V, N): confidence times (s^2 / (s^2 + r^2))^2; 0 behind a camera."""
    lengths = lengths_of(rays, points)
    weight = (scale**2 / (scale**2 + lengths**2)) ** 2
    return np.where(np.isfinite(weight), weight, 0) * rays.weight
