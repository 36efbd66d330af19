"""A person's parts, before and after an absence, joined by the lengths of bones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .track3d import Track3D

# Mean differences of bones, as shares of their lengths, up to which they may be one person's; more
# where somebody reappears near the place of the disappearance, soon after.
SAME_BONES, SAME_PLACE_AND_BONES = 0.03, 0.08
SOON, NEAR = 60, 0.6
# Of those who may have come back the next best must be so many times worse.
CLEARLY_WORSE = 1.5
MIN_BONES = 4
# Neighbouring frames err alike: so many tell as much as one.
ALIKE_FRAMES = 5
NORMAL = 1.4826


@dataclass(frozen=True, eq=False)
class _Part:
    """Somebody's tracks so far.

    Attributes:
        tracks: In the order of time.
        lengths: (B,) median length of each bone; NaN where never whole.
        errors: (B,) standard errors of these, as shares of the lengths.
    """

    tracks: list[Track3D]
    lengths: np.ndarray
    errors: np.ndarray

    @property
    def first(self) -> int:
        return min(self.tracks[0].placed)

    @property
    def last(self) -> int:
        return max(self.tracks[-1].placed)

    def difference(self, other: _Part) -> tuple[float, float]:
        """The mean difference of bones, as a share, and what chance makes of it; the known ones."""
        differences = np.abs(np.log(self.lengths / other.lengths))
        errors = np.hypot(self.errors, other.errors)
        known = np.isfinite(differences) & np.isfinite(errors)
        if known.sum() < MIN_BONES:
            return np.inf, 0.0
        weights = 1 / np.maximum(errors[known], 0.005)
        mean = float(differences[known] @ weights / weights.sum())
        return mean, float(errors[known] @ weights / weights.sum())

    def continues(self, earlier: _Part) -> bool:
        """Whether it began near the place where ``earlier`` ended, soon after."""
        end, start = earlier.tracks[-1], self.tracks[0]
        steps = np.linalg.norm(start.placed[self.first] - end.placed[earlier.last], axis=1)
        known = steps[np.isfinite(steps)]
        gap = self.first - earlier.last
        return gap <= SOON and len(known) > 0 and float(np.median(known)) < NEAR * end.extent


def join_parts(
    tracks: Sequence[Track3D], bones: np.ndarray
) -> tuple[list[list[Track3D]], list[str]]:
    """The tracks of each person, and in words who may have come back but could not be told.

    Args:
        bones: (B, 2) joints at the ends of each bone.
    """
    doubts: list[str] = []
    people: list[_Part] = []
    for track in sorted(tracks, key=lambda track: min(track.placed)):
        part = _part_of([track], bones)
        before = [other for other in people if other.last < part.first]
        ranked = sorted(((_cost(part, other), i) for i, other in enumerate(before)))
        fitting = [(cost, i) for cost, i in ranked if cost < 1]
        if not fitting:
            people.append(part)
        elif len(fitting) > 1 and fitting[1][0] < CLEARLY_WORSE * fitting[0][0]:
            doubts.append(
                f"somebody who appears in frame {part.first} may be one of {len(fitting)} people "
                "who had left, whose bones are of nearly the same lengths: taken as a new person"
            )
            people.append(part)
        else:
            earlier = before[fitting[0][1]]
            people[people.index(earlier)] = _part_of([*earlier.tracks, track], bones)
    return [part.tracks for part in people], doubts


def _cost(part: _Part, earlier: _Part) -> float:
    """How different two parts are; below 1 they may be one person's."""
    difference, chance = part.difference(earlier)
    if part.continues(earlier):
        return difference / (SAME_PLACE_AND_BONES + chance) / CLEARLY_WORSE
    return difference / (SAME_BONES + chance)


def _part_of(tracks: list[Track3D], bones: np.ndarray) -> _Part:
    points = np.stack([place for track in tracks for place in track.placed.values()])
    lengths = np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1)
    masked = np.ma.masked_invalid(lengths)
    median = np.ma.median(masked, axis=0)
    spread = NORMAL * np.ma.median(np.abs(masked - median), axis=0) / median
    independent = np.maximum(masked.count(axis=0) / ALIKE_FRAMES, 1)
    return _Part(tracks, median.filled(np.nan), (spread / np.sqrt(independent)).filled(np.nan))
