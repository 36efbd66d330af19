"""Points that two views make of their rays, and which of them the other views agree with."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .rays import Rays

MAX_PAIRS = 66
PARALLEL = 1e-10


def sampled_pairs(views: int) -> np.ndarray:
    """(P, 2): every pair of views or, of more than 66, as many drawn of them."""
    pairs = every_pair(views)
    if len(pairs) <= MAX_PAIRS:
        return pairs
    return np.random.default_rng(0).permutation(pairs)[:MAX_PAIRS]


def every_pair(views: int) -> np.ndarray:
    """(P, 2)."""
    return np.array(list(combinations(range(views), 2)))


def best_hypotheses(rays: Rays, pairs: np.ndarray, scale: float) -> np.ndarray:
    """The best pair's points (N, 3); those that none of some pairs sees are tried with all."""
    points = _vote(rays, pairs, scale)
    every = every_pair(len(rays.xy))
    unknown = ~np.isfinite(points[:, 0]) & (rays.observed.sum(axis=0) >= 2)
    if len(pairs) < len(every) and unknown.any():
        points[unknown] = _vote(rays.of_points(unknown), every, scale)
    return points


def _vote(rays: Rays, pairs: np.ndarray, scale: float) -> np.ndarray:
    """For each of N points the pair's that most confidence agrees with; NaN where none does."""
    count = rays.xy.shape[1]
    best, best_score = np.full((count, 3), np.nan), np.zeros(count)
    centres, directions, observed = rays.centres, _directions(rays), rays.observed
    for a, b in pairs:
        points, in_front = _midpoints(centres[[a, b]], directions[[a, b]])
        local = rays.local(points)
        depth = local[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            x = (local[..., 0] / depth - rays.xy[..., 0]) * rays.focal[:, :1]
            y = (local[..., 1] / depth - rays.xy[..., 1]) * rays.focal[:, 1:]
            agreement = 1 - (x * x + y * y) / scale**2
        votes = np.where((agreement > 0) & (depth > 0), agreement, 0) * rays.weights
        score = votes.sum(axis=0) * (in_front & observed[a] & observed[b])
        better = score > best_score
        best[better], best_score[better] = points[better], score[better]
    return best


def _directions(rays: Rays) -> np.ndarray:
    """Unit viewing directions (V, N, 3) in the world."""
    ones = np.ones((*rays.xy.shape[:2], 1))
    directions = np.concatenate([rays.xy, ones], axis=-1) @ rays.rotations
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


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
