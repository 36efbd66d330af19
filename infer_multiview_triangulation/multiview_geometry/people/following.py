"""Everybody followed in 3D: predicted, seen in every view, placed again."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.optimize import linear_sum_assignment

from ...infer_multiview_triangulation_kit.stopping import ShouldStop, check_stop
from .agreement import place_people, placement_errors
from .newcomers import Newcomer, find_newcomers
from .sightings import FrameSightings, Sightings
from .track3d import CONFIRMED_FRAMES, Track3D

# In sizes of the person: how far a detection may lie from where the person was expected, and to be
# theirs from where the other views place them.
EXPECTED_LIMIT, OWN_LIMIT = 0.30, 0.25
# And to place them: so many times what is usual in this capture, within bounds. Good calibrations
# and detectors tell people apart at a smaller distance.
PLACED_LIMITS, TIMES_USUAL, USUAL_OF = (0.08, 0.22), 5.0, 400
# Of a person's extent: who stands nearer to somebody is no other person, unless so many views show
# both at once; and who stands so near is none at all, but detected twice or in pieces.
INSIDE, SAME_PLACE = 0.35, 0.1
BOTH_SEEN = 2
# What a detection without any keypoint would count more, in sizes of the person.
INCOMPLETE = 0.03


class PeopleFollower:
    """Follows everybody through the frames, in their order."""

    def __init__(self, sightings: Sightings) -> None:
        self._sightings, self._viewpoints = sightings, sightings.viewpoints
        self._errors: deque[float] = deque(maxlen=USUAL_OF)
        self._limit = PLACED_LIMITS[1]
        self.tracks: list[Track3D] = []

    def see(self, frame: int) -> None:
        """Continue the tracks by what is seen in a frame, and begin new ones."""
        seen = self._sightings.frames[frame]
        if not len(seen.views):
            return
        alive = [track for track in self.tracks if track.is_alive(frame)]
        free = np.ones(len(seen.views), bool)
        if alive:
            self._continue(frame, alive, free)
        for newcomer in find_newcomers(self._viewpoints, seen, free):
            self._welcome(newcomer, frame)

    def _continue(self, frame: int, alive: list[Track3D], free: np.ndarray) -> None:
        """Give tracks their detections, and clear these from ``free`` (M,)."""
        seen = self._sightings.frames[frame]
        expected = np.stack([track.expected(frame) for track in alive])
        guessed = self._assign(seen, expected, EXPECTED_LIMIT)
        points, members = place_people(self._viewpoints, seen, guessed, self._limit)
        # Where somebody is tells better who is theirs than where they were expected.
        better = np.where(np.isfinite(points), points, expected)
        is_placed = (members >= 0).any(axis=1)
        own = self._assign(seen, better, np.where(is_placed, OWN_LIMIT, EXPECTED_LIMIT))
        if (own != guessed).any():
            points, members = place_people(self._viewpoints, seen, own, self._limit)
        self._learn(seen, members, points)
        for track, theirs, agreed, place in zip(alive, own, members, points, strict=True):
            if (agreed >= 0).any():
                track.place(frame, place)
            elif (theirs >= 0).sum() != 1 or not track.is_confirmed:
                # One view alone places nobody, but it saw them; two that disagree saw others.
                continue
            chosen = theirs[theirs >= 0]
            track.see(frame, seen, chosen)
            free[chosen] = False

    def _learn(self, seen: FrameSightings, members: np.ndarray, points: np.ndarray) -> None:
        """Take what three views or more err about people (T, J, 3) for usual."""
        errors = placement_errors(self._viewpoints, seen, members, points)
        is_seen = members >= 0
        self._errors.extend(errors[is_seen & (is_seen.sum(axis=1) > 2)[:, None]].tolist())
        if len(self._errors) >= USUAL_OF // 10:
            usual = float(np.median(self._errors))
            self._limit = float(np.clip(TIMES_USUAL * usual, *PLACED_LIMITS))

    def _assign(
        self, seen: FrameSightings, expected: np.ndarray, limits: np.ndarray | float
    ) -> np.ndarray:
        """(T, V): the detection of each view nearest to each of the people (T, J, 3), in all.

        Args:
            limits: (T,) sizes of the person beyond which none is theirs.
        """
        projected = self._viewpoints.project(expected)
        costs = seen.distances_of_either_side(
            projected, self._viewpoints.sizes(projected), self._sightings.mirrored
        )
        # Of two that fit, the more complete one; who finds nobody costs as much as the limit.
        bounded = np.minimum(costs + INCOMPLETE * (1 - seen.completeness[:, None]), limits)
        members = np.full((len(expected), len(self._viewpoints.extrinsics)), -1)
        for view in np.unique(seen.views):
            own = np.flatnonzero(seen.views == view)
            rows, columns = linear_sum_assignment(bounded[own])
            near = costs[own[rows], columns] < np.broadcast_to(limits, len(expected))[columns]
            members[columns[near], view] = own[rows[near]]
        return members

    def _welcome(self, newcomer: Newcomer, frame: int) -> None:
        """Begin a track, or give the detections to the person inside whom the newcomer stands."""
        seen = self._sightings.frames[frame]
        chosen = newcomer.members[newcomer.members >= 0]
        near, host = min(
            ((_nearness(newcomer, track, frame), track) for track in self.tracks),
            key=lambda pair: pair[0],
            default=(np.inf, None),
        )
        if host is not None and near < (INSIDE if host.is_confirmed else SAME_PLACE):
            own = host.seen.get(frame, {})
            both = sum(int(seen.views[member]) in own for member in chosen)
            if both < BOTH_SEEN or near < SAME_PLACE:
                host.see(frame, seen, chosen)
                if host.last < frame:
                    host.place(frame, newcomer.points)
                return
        track = Track3D(newcomer.points, frame)
        track.place(frame, newcomer.points)
        track.see(frame, seen, chosen)
        self.tracks.append(track)


def follow_people(sightings: Sightings, should_stop: ShouldStop) -> list[Track3D]:
    """Everybody who was placed in enough frames, in the order in which they appeared.

    Raises:
        Stopped: ``should_stop`` returned True.
    """
    follower = PeopleFollower(sightings)
    for frame in range(len(sightings.frames)):
        check_stop(should_stop, "the reconstruction")
        follower.see(frame)
    enough = min(CONFIRMED_FRAMES, len(sightings.frames))
    return [track for track in follower.tracks if len(track.placed) >= enough]


def _nearness(newcomer: Newcomer, track: Track3D, frame: int) -> float:
    """How far somebody stands from a person, in that person's extents."""
    if not track.is_alive(frame):
        return np.inf
    distances = np.linalg.norm(newcomer.points - track.expected(frame), axis=1)
    known = distances[np.isfinite(distances)]
    return float(np.median(known)) / track.extent if len(known) else np.inf
