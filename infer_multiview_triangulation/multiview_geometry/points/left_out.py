"""Points from all views but one, for each view in turn.

Every pair of views is a hypothesis, as in the robust triangulation; what the views think of it is
asked once for all that are left out, so that time grows with the number of views, not its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .errors import outlier_scale, reprojection_errors
from .rays import Rays
from .robust import (
    SAME_SCALE,
    SCALE_ROUNDS,
    best_of,
    directions_of,
    drawn_pairs,
    every_pair,
    iterated,
    midpoints,
    votes_for,
)
from .triangulation import LinearPoints, weighted_dlt

# A vote is more than what rounding leaves of a sum less its parts.
LEAST_VOTE = 1e-9


def points_without_each(rays: Rays) -> np.ndarray:
    """(V, N, 3): what :func:`triangulate_robust` makes of the views but one; NaN where unknown."""
    rest = _without_each(rays)
    scales = _scales(rest, [weighted_dlt(others) for others in rest])
    points = _placed_in_parts(rays, scales)
    for _ in range(SCALE_ROUNDS):
        before, scales = scales, _scales(rest, points)
        ratios = scales / before
        if (ratios < SAME_SCALE).all() and (ratios > 1 / SAME_SCALE).all():
            break
        points = _placed_in_parts(rays, scales)
    return points


def _without_each(rays: Rays) -> list[Rays]:
    """The rays with one view after another that has seen nothing."""
    views = np.arange(len(rays.xy))[:, None]
    return [rays.weighted(np.where(views == view, 0.0, rays.weights)) for view in views]


def _scales(rest: Sequence[Rays], points: Iterable[np.ndarray]) -> np.ndarray:
    """(V,): pixels beyond which an observation is an outlier, without each view."""
    errors = (reprojection_errors(*of_view) for of_view in zip(rest, points, strict=True))
    return np.array([outlier_scale(of_view) for of_view in errors])


def _placed_in_parts(rays: Rays, scales: np.ndarray) -> np.ndarray:
    most = float(rays.weights.max(initial=0))
    parts = [_placed(rays.of_points(part), scales, most) for part in rays.parts()]
    return np.concatenate([np.zeros((len(rays.xy), 0, 3)), *parts], axis=1)


def _placed(rays: Rays, scales: np.ndarray, most: float) -> np.ndarray:
    rest, linear = _without_each(rays), LinearPoints(rays)
    starts = _best_hypotheses(rays, float(np.median(scales)))
    found = [
        iterated(others, start, linear, scale=float(scale), most=most)
        for others, start, scale in zip(rest, starts, scales, strict=True)
    ]
    return np.stack(found)


def _best_hypotheses(rays: Rays, scale: float) -> np.ndarray:
    """(V, N, 3): for each view left out the points of the pair that the others agree with most."""
    views, count = rays.xy.shape[:2]
    pairs, centres, directions = drawn_pairs(views), rays.centres, directions_of(rays)
    best = np.full((views, count), LEAST_VOTE)
    chosen = np.full((views, count), -1)
    for number, (a, b) in enumerate(pairs):
        points, in_front = midpoints(centres[[a, b]], directions[[a, b]])
        votes = votes_for(rays, points, scale)
        scores = votes.sum(axis=0) - votes
        scores *= in_front & rays.observed[a] & rays.observed[b]
        scores[[a, b]] = 0
        better = scores > best
        np.copyto(best, scores, where=better)
        chosen[better] = number
    found = np.full((views, count, 3), np.nan)
    view, point = np.nonzero(chosen >= 0)
    ends = pairs[chosen[view, point]].T
    found[view, point] = midpoints(centres[ends], directions[ends, point])[0]
    if len(pairs) < len(every_pair(views)):
        enough = rays.observed.sum(axis=0) - rays.observed >= 2
        view, point = np.nonzero((chosen < 0) & enough)
        weights = np.where(np.arange(views)[:, None] == view, 0.0, rays.weights[:, point])
        untried = rays.of_points(point).weighted(weights)
        found[view, point] = best_of(untried, every_pair(views), scale)
    return found
