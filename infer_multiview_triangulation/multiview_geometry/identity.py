"""Which detections of several people belong to one person, over time and across views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .camera import Camera
from .epipolar import EpipolarDistances

GATE = 0.6
PATIENCE = 15
SHORTEST = 5
FLOOR_PIXELS = 15.0
WORSE_THAN_BEST = 4.0
LEAST_SHARED = 10


@dataclass
class Track:
    """One person in one view.

    Attributes:
        view: Its index.
        keypoints: (F, J, 3), NaN where the person was not found.
    """

    view: int
    keypoints: np.ndarray

    @property
    def support(self) -> float:
        """The sum of all confidences."""
        return float(np.nansum(self.keypoints[..., 2]))

    @property
    def present(self) -> np.ndarray:
        """(F,) bool."""
        return np.isfinite(self.keypoints[..., 0]).any(axis=1)


def track_people(keypoints: np.ndarray, view: int) -> list[Track]:
    """Link the detections (F, P, J, 3) of one view from frame to frame.

    A detection continues the track whose last keypoints lie nearest, if the mean distance is
    less than 0.6 of the person's size; a track waits 15 frames.
    """
    tracks: list[Track] = []
    last_seen: list[int] = []
    for frame, people in enumerate(keypoints):
        found = [p for p in range(len(people)) if np.isfinite(people[p, :, 0]).any()]
        alive = [t for t, seen in enumerate(last_seen) if frame - seen <= PATIENCE]
        taken = set()
        if found and alive:
            previous = [tracks[t].keypoints[last_seen[t]] for t in alive]
            cost = np.array([[_distance(people[p], q) for q in previous] for p in found])
            for row, column in zip(*linear_sum_assignment(np.minimum(cost, 1e6)), strict=True):
                if cost[row, column] < GATE:
                    track = alive[column]
                    tracks[track].keypoints[frame] = people[found[row]]
                    last_seen[track] = frame
                    taken.add(found[row])
        for person in found:
            if person not in taken:
                track = Track(view, np.full((len(keypoints), *people.shape[1:]), np.nan))
                track.keypoints[frame] = people[person]
                tracks.append(track)
                last_seen.append(frame)
    least = min(SHORTEST, len(keypoints))
    return [track for track in tracks if track.present.sum() >= least]


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean keypoint distance in sizes of the person; large where they share no keypoint."""
    both = np.isfinite(a[:, 0]) & np.isfinite(b[:, 0])
    if not both.any():
        return 1e6
    # A box of one or two keypoints says little about size; 40 pixels is a small person.
    size = max(40.0, float(np.nanmax(np.ptp(b[np.isfinite(b[:, 0]), :2], axis=0))))
    return float(np.linalg.norm(a[both, :2] - b[both, :2], axis=1).mean() / size)


def main_person(keypoints: np.ndarray) -> np.ndarray:
    """(V, F, J, 3): of (V, F, P, J, 3), in each view whom most confidence speaks for."""
    if keypoints.shape[2] == 1:
        return keypoints[:, :, 0]
    chosen = np.full(np.delete(keypoints.shape, 2), np.nan)
    for view, people in enumerate(keypoints):
        tracks = sorted(track_people(people, view), key=lambda t: -t.support)
        for track in tracks:
            _join(chosen[view], track)
    return chosen


def people_by_geometry(cameras: Sequence[Camera], keypoints: np.ndarray) -> list[np.ndarray]:
    """Everybody whom at least two views show, most confidence first: (V, F, J, 3) each.

    A track belongs to the person to whose epipolar lines its keypoints keep closest over time.
    """
    tracks = [t for view, people in enumerate(keypoints) for t in track_people(people, view)]
    costs = _costs(cameras, tracks)
    people, free = [], set(range(len(tracks)))
    while True:
        members = _grown(tracks, costs, free)
        if not members:
            break
        person = np.full(np.delete(keypoints.shape, 2), np.nan)
        for index in sorted(members, key=lambda i: -tracks[i].support):
            _join(person[tracks[index].view], tracks[index])
        people.append(person)
        free -= set(members)
    return sorted(people, key=lambda p: -float(np.nansum(p[..., 2])))


def _costs(cameras: Sequence[Camera], tracks: list[Track]) -> np.ndarray:
    """(T, T) median epipolar pixels; NaN in the same view or where too little is shared."""
    costs = np.full((len(tracks), len(tracks)), np.nan)
    views = [EpipolarDistances([cameras[t.view]], t.keypoints[None]).view(0) for t in tracks]
    lines = EpipolarDistances(cameras, np.zeros((len(cameras), 1, 3)))
    for i, a in enumerate(tracks):
        for j, b in enumerate(tracks[:i]):
            if a.view == b.view:
                continue
            found = lines.between(a.view, b.view, views[i], views[j])
            found = found[np.isfinite(found)]
            if len(found) >= LEAST_SHARED:
                costs[i, j] = costs[j, i] = np.median(found)
    return costs


def _grown(tracks: list[Track], costs: np.ndarray, free: set[int]) -> list[int]:
    """The tracks of one person, grown from the pair that agrees best for its support."""
    order = sorted(free)
    if len(order) < 2:
        return []
    among = costs[np.ix_(order, order)]
    if not np.isfinite(among).any():
        return []
    limit = max(FLOOR_PIXELS, WORSE_THAN_BEST * float(np.nanmin(among)))
    support = np.array([tracks[i].support for i in order])
    gain = np.where(among < limit, np.minimum(support[:, None], support), 0)
    if gain.max() == 0:
        return []
    a, b = np.unravel_index(
        np.argmax(gain * (1 - np.nan_to_num(among, nan=limit) / limit)), gain.shape
    )
    members = [order[a], order[b]]
    while True:
        candidates = [
            (float(np.nanmedian(costs[i, members])), i)
            for i in order
            if i not in members
            and np.isfinite(costs[i, members]).any()
            and not _overlaps(tracks, members, i)
        ]
        if not candidates or min(candidates)[0] >= limit:
            return members
        members.append(min(candidates)[1])


def _overlaps(tracks: list[Track], members: list[int], index: int) -> bool:
    new = tracks[index]
    return any(
        tracks[m].view == new.view and (tracks[m].present & new.present).any() for m in members
    )


def _join(person: np.ndarray, track: Track) -> None:
    """Take the track's frames into (F, J, 3) where nobody is yet."""
    empty = ~np.isfinite(person[..., 0]).any(axis=1)
    person[empty] = track.keypoints[empty]
