"""Which of several people in each view are one person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..camera import Camera
from ..cameras.epipolar import epipolar_distances, homogeneous
from ..points.errors import finite_median
from .tracks import Track, track_people

MIN_LIMIT_PIXELS = 15.0
WORSE_THAN_BEST = 4.0
# How many keypoints two tracks must share before they are compared.
MIN_SHARED = 10


def main_person(keypoints: np.ndarray) -> np.ndarray:
    """(V, F, J, 3): of (V, F, P, J, 3), in each view whom most confidence speaks for."""
    if keypoints.shape[2] == 1:
        return keypoints[:, :, 0]
    tracks = [t for view, people in enumerate(keypoints) for t in track_people(people, view)]
    return _person_of(tracks, keypoints.shape)


def people_by_geometry(cameras: Sequence[Camera], keypoints: np.ndarray) -> list[np.ndarray]:
    """Everybody whom at least two views show, most confidence first: (V, F, J, 3) each.

    A track belongs to the person to whose epipolar lines its keypoints keep closest over time.
    """
    tracks = [t for view, people in enumerate(keypoints) for t in track_people(people, view)]
    costs = _epipolar_costs(cameras, tracks)
    people, free = [], set(range(len(tracks)))
    while members := _grow_person(tracks, costs, free):
        people.append(_person_of([tracks[i] for i in members], keypoints.shape))
        free -= set(members)
    return sorted(people, key=lambda p: -float(np.nansum(p[..., 2])))


def _person_of(tracks: list[Track], shape: tuple[int, ...]) -> np.ndarray:
    """(V, F, J, 3): one person, each frame of a view from the best supported track that has it."""
    views, frames, _, joints, _ = shape
    person = np.full((views, frames, joints, 3), np.nan)
    for track in sorted(tracks, key=lambda track: -track.support):
        empty = ~np.isfinite(person[track.view, ..., 0]).any(axis=1)
        person[track.view, empty] = track.keypoints[empty]
    return person


def _epipolar_costs(cameras: Sequence[Camera], tracks: list[Track]) -> np.ndarray:
    """(T, T) median epipolar pixels; NaN in the same view or where too little is shared."""
    costs = np.full((len(tracks), len(tracks)), np.nan)
    xy = [homogeneous(cameras[track.view], track.keypoints) for track in tracks]
    for i, a in enumerate(tracks):
        for j, b in enumerate(tracks[:i]):
            if a.view == b.view:
                continue
            pixels = epipolar_distances(cameras[a.view], cameras[b.view], xy[i], xy[j])
            if np.isfinite(pixels).sum() >= MIN_SHARED:
                costs[i, j] = costs[j, i] = finite_median(pixels)
    return costs


def _grow_person(tracks: list[Track], costs: np.ndarray, free: set[int]) -> list[int]:
    """The tracks of one person, grown from the pair that agrees best for its support."""
    order = sorted(free)
    among = costs[np.ix_(order, order)]
    if not np.isfinite(among).any():
        return []
    limit = max(MIN_LIMIT_PIXELS, WORSE_THAN_BEST * float(np.nanmin(among)))
    support = np.array([tracks[i].support for i in order])
    gain = np.where(among < limit, np.minimum(support[:, None], support), 0)
    if gain.max() == 0:
        return []
    closeness = 1 - np.nan_to_num(among, nan=limit) / limit
    a, b = np.unravel_index(np.argmax(gain * closeness), gain.shape)
    members = [order[a], order[b]]
    while True:
        candidates = [
            (float(np.nanmedian(costs[i, members])), i)
            for i in order
            if i not in members
            and np.isfinite(costs[i, members]).any()
            and not any(_overlap(tracks[member], tracks[i]) for member in members)
        ]
        if not candidates or min(candidates)[0] >= limit:
            return members
        members.append(min(candidates)[1])


def _overlap(a: Track, b: Track) -> bool:
    """Whether a view shows both at once, so that they are two people."""
    return a.view == b.view and bool((a.present & b.present).any())
