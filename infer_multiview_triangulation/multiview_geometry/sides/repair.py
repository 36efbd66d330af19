"""Left and right exchanged back, where all views of a frame and the body's way in time say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..points.rays import Rays
from ..points.robust import Triangulation, triangulated
from ..skeletons import Skeleton
from .groups import SideGroup, side_groups
from .labellings import Labellings
from .path import Choices, Step, likeliest_path
from .suspects import fits_other_side, joint_widths, suspect_frames

MAX_CANDIDATES = 4
FRAMES_AT_ONCE = 256


@dataclass(frozen=True)
class SideRepair:
    """What was exchanged back.

    Attributes:
        rays: Of the F * J points, as they are believed.
        triangulation: Of the same.
        exchanged: (V, F) bool, in which frames of which view anything was.
        margins: (F,) votes by which the labels are better than those of another body; infinite
            where nothing was in doubt.
    """

    rays: Rays
    triangulation: Triangulation
    exchanged: np.ndarray
    margins: np.ndarray


def repair_sides(rays: Rays, triangulation: Triangulation, skeleton: Skeleton) -> SideRepair:
    """Exchange left and right back: of arms and legs together, then of the head, which follows."""
    joints = len(skeleton.joints)
    frames = rays.xy.shape[1] // joints
    limbs, head = side_groups(skeleton)
    exchanged, margins = np.zeros((len(rays.xy), frames), bool), np.full(frames, np.inf)
    expected = None
    for groups in (limbs, [head] if head else []):
        labels, of_groups = _labels(rays, triangulation, groups, joints=joints, expected=expected)
        if groups is limbs:
            margins = of_groups
            expected = np.asarray(labels.all(axis=0)) if len(labels) else None
        if not labels.any():
            continue
        for group, of_group in zip(groups, labels, strict=True):
            rays = group.exchanged(rays, of_group)
        changed = np.flatnonzero(labels.any(axis=(0, 1)))
        points = (changed[:, None] * joints + np.arange(joints)).ravel()
        triangulation = triangulated(rays, triangulation, points)
        exchanged |= labels.any(axis=0)
    return SideRepair(rays, triangulation, exchanged, margins)


def _labels(
    rays: Rays,
    triangulation: Triangulation,
    groups: Sequence[SideGroup],
    *,
    joints: int,
    expected: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """(groups, V, F) bool, where each group is exchanged, and the margins (F,)."""
    views, frames = len(rays.xy), rays.xy.shape[1] // joints
    labels, margins = np.zeros((len(groups), views, frames), bool), np.full(frames, np.inf)
    watched = [_Watched(rays, triangulation, group, joints) for group in groups]
    suspect = np.zeros(frames, bool)
    for group in watched:
        suspect |= group.suspect
    if expected is not None:
        suspect |= expected.any(axis=0)
    if not suspect.any():
        return labels, margins
    steps, rows = _steps(watched, suspect, expected)
    path, of_steps = likeliest_path(steps, [group.widths for group in watched])
    for step, state, row, margin in zip(steps, path, rows, of_steps, strict=True):
        labels[:, :, row] = step.labels[state][..., None]
        margins[row] = margin
    return labels, np.where(suspect, margins, np.inf)


class _Watched:
    """A group of joints, as the views see it."""

    def __init__(
        self, rays: Rays, triangulation: Triangulation, group: SideGroup, joints: int
    ) -> None:
        frames = rays.xy.shape[1] // joints
        self.group, self._scale = group, triangulation.scale
        self._rays = rays.of_points(group.points_of(np.arange(frames), joints))
        points = triangulation.points.reshape(frames, joints, 3)[:, group.joints]
        self.agreed = triangulation.agreed(frames)[:, group.joints]
        self.widths = joint_widths(self.agreed, group)
        fits = fits_other_side(self._rays, points, group, self._scale)
        self.suspect = suspect_frames(self._rays, self.agreed, group, widths=self.widths, fits=fits)
        seen = self._rays.observed.reshape(fits.shape).sum(axis=2)
        self._start = (fits.sum(axis=2) > 0.5 * np.maximum(1, seen)).T

    def choices(self, suspect: np.ndarray) -> dict[int, Choices]:
        """Of each suspect frame the best labellings."""
        joints = len(self.group.joints)
        numbers = np.flatnonzero(suspect)
        found = {}
        for first in range(0, len(numbers), FRAMES_AT_ONCE):
            chunk = numbers[first : first + FRAMES_AT_ONCE]
            part = self._rays.of_points((chunk[:, None] * joints + np.arange(joints)).ravel())
            labellings = Labellings(part, self.group, scale=self._scale)
            labels, costs, points = labellings.candidates(MAX_CANDIDATES, start=self._start[chunk])
            for row, frame in enumerate(chunk):
                placed = points[:, row]
                found[int(frame)] = Choices.of(
                    labels[:, row], costs[:, row], (placed, placed), self.group.mirror
                )
        return found

    def stretch(self, first: int, last: int) -> Choices:
        """The labels as they are, and all exchanged."""
        plain = np.zeros((1, len(self._rays.xy)), bool)
        points = self.agreed[first : first + 1], self.agreed[last : last + 1]
        return Choices.of(plain, np.zeros(1), points, self.group.mirror)


def _steps(
    watched: Sequence[_Watched], suspect: np.ndarray, expected: np.ndarray | None
) -> tuple[list[Step], list[slice]]:
    """A step for each suspect frame and for each stretch between them, and their frames."""
    found = [group.choices(suspect) for group in watched]
    edges = [int(edge) + 1 for edge in np.flatnonzero(np.diff(suspect.astype(int)))]
    steps, rows = [], []
    for first, end in zip([0, *edges], [*edges, len(suspect)], strict=True):
        if suspect[first]:
            for frame in range(first, end):
                choices = tuple(of_group[frame] for of_group in found)
                steps.append(Step(choices, 1, None if expected is None else expected[:, frame]))
                rows.append(slice(frame, frame + 1))
            continue
        choices = tuple(group.stretch(first, end - 1) for group in watched)
        likely = None if expected is None else expected[:, first]
        steps.append(Step(choices, end - first, likely))
        rows.append(slice(first, end))
    return steps, rows
