"""New people: the pair of detections that agrees best, grown by what other views see of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .agreement import place_people, placement_errors
from .sightings import MIN_SHARED, FrameSightings, Viewpoints, known_median

# In sizes of the person: how well two views must agree, and how near a third one's must lie.
PAIR_LIMIT, GROWTH_LIMIT = 0.12, 0.18
MIN_PLACED = 6
PAIRS_AT_ONCE = 2000


@dataclass(frozen=True)
class Newcomer:
    """Somebody whom two views or more see.

    Attributes:
        points: (J, 3), NaN where unknown.
        members: (V,) int, the frame's detection in each view; -1 for none.
    """

    points: np.ndarray
    members: np.ndarray


def find_newcomers(
    viewpoints: Viewpoints, frame: FrameSightings, free: np.ndarray
) -> Iterator[Newcomer]:
    """People among the detections of which ``free`` (M,) bool is true, best agreed on first."""
    free = free.copy()
    points, pairs = _agreeing_pairs(viewpoints, frame, np.flatnonzero(free))
    while len(pairs):
        members, support = _grow(viewpoints, frame, free, points, pairs)
        best = int(np.argmax(support))
        placed, agreed = place_people(viewpoints, frame, members[best : best + 1], PAIR_LIMIT)
        chosen = agreed[0][agreed[0] >= 0]
        if len(chosen):
            yield Newcomer(placed[0], agreed[0])
            free[chosen] = False
            left = free[pairs].all(axis=1)
        else:
            left = np.arange(len(pairs)) != best
        points, pairs = points[left], pairs[left]


def _agreeing_pairs(
    viewpoints: Viewpoints, frame: FrameSightings, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """People (K, J, 3) whom two views agree on, and the pairs (K, 2) of their detections."""
    joints = frame.xy.shape[1]
    first, second = np.triu_indices(len(free), 1)
    pairs = np.stack([free[first], free[second]], axis=1)
    pairs = pairs[frame.views[pairs[:, 0]] != frame.views[pairs[:, 1]]]
    parts = [pairs[i : i + PAIRS_AT_ONCE] for i in range(0, len(pairs), PAIRS_AT_ONCE)]
    near = [part[_epipolar_distances(viewpoints, frame, part) < PAIR_LIMIT] for part in parts]
    pairs = np.concatenate([np.zeros((0, 2), int), *near])
    if not len(pairs):
        return np.zeros((0, joints, 3)), pairs
    members = np.full((len(pairs), len(viewpoints.extrinsics)), -1)
    rows = np.arange(len(pairs))
    for side in (0, 1):
        members[rows, frame.views[pairs[:, side]]] = pairs[:, side]
    points, agreed = place_people(viewpoints, frame, members, PAIR_LIMIT)
    placed = np.isfinite(points[..., 0]).sum(axis=1) >= min(MIN_PLACED, joints)
    usable = placed & (agreed >= 0).any(axis=1)
    return points[usable], pairs[usable]


def _epipolar_distances(
    viewpoints: Viewpoints, frame: FrameSightings, pairs: np.ndarray
) -> np.ndarray:
    """(K,): median distances of keypoints from the other view's lines, in the person's sizes."""
    a, b = pairs.T
    essential = viewpoints.essentials[frame.views[a], frame.views[b]]
    xy = np.concatenate([frame.xy, np.ones((*frame.xy.shape[:2], 1))], axis=-1)
    line_b = np.einsum("kij,knj->kni", essential, xy[a])
    line_a = np.einsum("kji,knj->kni", essential, xy[b])
    product = np.abs(np.einsum("kni,kni->kn", xy[b], line_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        in_a = product / np.linalg.norm(line_a[..., :2], axis=-1) / frame.sizes[a, None]
        in_b = product / np.linalg.norm(line_b[..., :2], axis=-1) / frame.sizes[b, None]
    return known_median(np.maximum(in_a, in_b), min(MIN_SHARED, xy.shape[1]))


def _grow(
    viewpoints: Viewpoints,
    frame: FrameSightings,
    free: np.ndarray,
    points: np.ndarray,
    pairs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The members (K, V) that see people (K, J, 3) best, and how much speaks for each, (K,)."""
    projected = viewpoints.project(points)
    costs = frame.distances(projected, viewpoints.sizes(projected))
    costs[~free] = np.inf
    rows = np.arange(len(pairs))
    members = np.full((len(pairs), len(viewpoints.extrinsics)), -1)
    for view in range(members.shape[1]):
        seen = np.flatnonzero(frame.views == view)
        if not len(seen):
            continue
        best = np.argmin(costs[seen], axis=0)
        near = costs[seen[best], rows] < GROWTH_LIMIT
        members[near, view] = seen[best[near]]
    for side in (0, 1):
        members[rows, frame.views[pairs[:, side]]] = pairs[:, side]
    errors = placement_errors(viewpoints, frame, members, points)
    share = np.where(members >= 0, 1 - np.minimum(errors / GROWTH_LIMIT, 1), 0)
    return members, (share * frame.completeness[members]).sum(axis=1)
