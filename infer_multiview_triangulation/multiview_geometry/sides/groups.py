"""What detectors exchange at once: arms and legs, each alone or both, and the head with both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..points.rays import Rays
from ..skeletons import Skeleton

ARMS = ("shoulder", "elbow", "wrist", "index_base", "little_base")
LEGS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")


@dataclass(frozen=True)
class SideGroup:
    """Joints that have another side and change sides together.

    Attributes:
        joints: (G,) their numbers.
        mirror: (G,) of each the place of its counterpart among them.
    """

    joints: np.ndarray
    mirror: np.ndarray

    def points_of(self, frames: np.ndarray, joints: int) -> np.ndarray:
        """(f * G,): the numbers of the group's points in ``frames`` (f,) of so many joints."""
        return (frames[:, None] * joints + self.joints).ravel()

    def exchanged(self, rays: Rays, labels: np.ndarray) -> Rays:
        """The rays of F * J points with left and right exchanged where ``labels`` (V, F) say so."""
        views, frames = labels.shape
        shape = (views, frames, rays.xy.shape[1] // frames)
        xy, weights = rays.xy.reshape(*shape, 2).copy(), rays.weights.reshape(shape).copy()
        where = np.nonzero(labels)
        others = self.joints[self.mirror]
        for values in (xy, weights):
            of_both = values[where]
            of_both[:, self.joints] = of_both[:, others]
            values[where] = of_both
        return replace(rays, xy=xy.reshape(rays.xy.shape), weights=weights.reshape(views, -1))


def side_groups(skeleton: Skeleton) -> tuple[list[SideGroup], SideGroup | None]:
    """The limbs, arms and legs, as far as there are such; and what else has two sides."""
    mirrored = np.array(skeleton.mirrored, int)
    sided = [joint for joint, other in enumerate(mirrored) if other != joint]
    named = [[j for j in sided if skeleton.joints[j].endswith(names)] for names in (ARMS, LEGS)]
    rest = [joint for joint in sided if not any(joint in joints for joints in named)]
    groups = [
        SideGroup(np.array(joints), np.searchsorted(joints, mirrored[joints])) if joints else None
        for joints in (*named, rest)
    ]
    return [group for group in groups[:2] if group is not None], groups[2]
