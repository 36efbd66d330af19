"""Who is who from frame to frame: predicted keypoints, colours, and the Hungarian method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from .detection import KNOWN, Detection, overlap
from .looks import blended, look_distance

# Frames that a person can be gone and still be known again.
PATIENCE = 60
# Whoever was seen in so many frames is looked for where they should be for so many more.
CONFIRMED, LOOKED_FOR = 5, 6
# In sizes of the person: how far from where they are expected they may be; grows while gone.
GATE, GATE_GROWTH, WIDEST_GATE = 0.5, 0.06, 1.5
# What a colour that differs by 1 costs, in sizes of the person; how much it may differ at most,
# once the person was gone and the place says little.
LOOK_WEIGHT, MOST_UNLIKE, GONE, GONE_COST = 2.0, 0.3, 5, 0.2
UNKNOWN_LOOK = 0.1
VELOCITY_SHARE, DAMPING = 0.5, 0.93
LOOK_SHARE = 0.1
# People whose boxes overlap by more than this share of the smaller show each other's colours.
OVERLAP = 0.2
FORBIDDEN = 1e6


@dataclass
class Track:
    """A person through time.

    Attributes:
        identity: From 0.
        last: Where they were seen last.
        look: As :func:`looks.look_of` gives it, over time.
        velocity: float (2,), pixels a frame.
        gone: Frames since then.
        seen: Frames in which they were.
    """

    identity: int
    last: Detection
    look: np.ndarray
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2))
    gone: int = 0
    seen: int = 1

    @property
    def is_confirmed(self) -> bool:
        return self.seen >= CONFIRMED

    def expected(self) -> Detection:
        """Where they are now, if they went on: the velocity dies away."""
        steps = (1 - DAMPING ** (self.gone + 1)) / (1 - DAMPING) * DAMPING
        return shifted(self.last, self.velocity * steps)

    def cost(self, seen: Detection, look: np.ndarray) -> float:
        """How unlikely ``seen`` is this person."""
        gap = distance(self.expected(), seen)
        gate = min(GATE + GATE_GROWTH * self.gone, WIDEST_GATE)
        unlike = look_distance(self.look, look)
        if gap > gate or (self.gone >= GONE and unlike is not None and unlike > MOST_UNLIKE):
            return FORBIDDEN
        # Where one of two is seen, it is the one who was seen before.
        absence = GONE_COST if self.gone else 0
        return gap + absence + LOOK_WEIGHT * (UNKNOWN_LOOK if unlike is None else unlike)

    def update(self, seen: Detection, look: np.ndarray, *, is_clear: bool) -> None:
        step = displacement(self.last, seen) / (self.gone + 1)
        share = VELOCITY_SHARE if self.velocity.any() else 1.0
        self.velocity = self.velocity * (1 - share) + step * share
        self.last, self.gone, self.seen = seen, 0, self.seen + 1
        if is_clear:
            self.look = blended(self.look, look, LOOK_SHARE)


class Follower:
    """Give people of one frame after another their identities."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next = 0

    def expected(self) -> list[Detection]:
        """Where the people of the frame before should be now."""
        return [track.expected() for track in self._tracks if not track.gone]

    def lost(self) -> list[Detection]:
        """Where those should be now who were seen for a while, but not in the last few frames."""
        return [
            track.expected()
            for track in self._tracks
            if track.is_confirmed and 0 < track.gone <= LOOKED_FOR
        ]

    def knows(self, identity: int) -> bool:
        """Whether this person may come back under the same number."""
        return any(track.identity == identity for track in self._tracks)

    def __call__(self, people: Sequence[Detection], looks: Sequence[np.ndarray]) -> np.ndarray:
        """Identities int64 (P,) of the next frame's people; new ones by falling size."""
        identities = np.full(len(people), -1, np.int64)
        clear = [_is_clear(one, people) for one in people]
        costs = np.zeros((len(self._tracks), len(people)))
        for row, track in enumerate(self._tracks):
            costs[row] = [track.cost(p, look) for p, look in zip(people, looks, strict=True)]
        for track in self._tracks:
            track.gone += 1
        rows, columns = linear_sum_assignment(costs)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if costs[row, column] < FORBIDDEN:
                track = self._tracks[row]
                track.gone -= 1
                track.update(people[column], looks[column], is_clear=clear[column])
                identities[column] = track.identity
        new = np.flatnonzero(identities < 0).tolist()
        for column in sorted(new, key=lambda i: -people[i].size):
            self._tracks.append(Track(self._next, people[column], looks[column]))
            identities[column] = self._next
            self._next += 1
        self._tracks = [track for track in self._tracks if track.gone <= PATIENCE]
        return identities


def shared_weights(one: Detection, other: Detection) -> np.ndarray:
    """(17,): the lesser score of each joint that both know, else 0."""
    scores = np.minimum(one.keypoints[:17, 2], other.keypoints[:17, 2])
    return np.where(scores >= KNOWN, scores, 0)


def displacement(one: Detection, other: Detection) -> np.ndarray:
    """How far a person moved, pixels (2,)."""
    weights = shared_weights(one, other)
    if (weights > 0).sum() < 3:
        return (other.box.reshape(2, 2) - one.box.reshape(2, 2)).mean(axis=0)
    moves = other.keypoints[:17, :2] - one.keypoints[:17, :2]
    return (moves * weights[:, None]).sum(axis=0) / weights.sum()


def distance(one: Detection, other: Detection) -> float:
    """The mean distance of their joints, in sizes of the person."""
    weights = shared_weights(one, other)
    if (weights > 0).sum() < 3:
        gaps = np.linalg.norm(displacement(one, other))
    else:
        moves = other.keypoints[:17, :2] - one.keypoints[:17, :2]
        gaps = (np.linalg.norm(moves, axis=1) * weights).sum() / weights.sum()
    return float(gaps) / max(one.size, other.size)


def shifted(person: Detection, move: np.ndarray) -> Detection:
    keypoints = person.keypoints.copy()
    keypoints[:, :2] += move
    return replace(person, box=person.box + np.tile(move, 2), keypoints=keypoints)


def _is_clear(one: Detection, people: Sequence[Detection]) -> bool:
    return all(other is one or overlap(one.box, other.box) < OVERLAP for other in people)
