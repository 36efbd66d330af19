"""The keypoints' unit and the body's proportions, from the lengths of limbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from .rig import Rig

# Joints whose distance does not depend on the pose.
LIMBS = (
    (1, 4), (4, 7), (2, 5), (5, 8), (16, 18), (18, 20), (17, 19), (19, 21), (1, 2),
)  # fmt: skip
# Standard deviation of a limb's length that is left beside the body's own shapes, metres.
LENGTH_SPREAD = 0.01
# Sizes of people: a grown-up of 1.7 m is 1; beyond these the unit is doubtful.
SMALLEST, LARGEST = 0.4, 1.6
# Three deviations of a grown-up's height reach from 0.80 to 1.22. Beyond, shapes alone would be
# absurd: a child is a smaller body.
LEAST_SHAPED, MOST_SHAPED = 0.78, 1.25


@dataclass(frozen=True)
class Proportions:
    """A body's shape and size.

    Attributes:
        betas: (B,).
        scaling: 1 is the body's own size.
    """

    betas: np.ndarray
    scaling: float


@dataclass(frozen=True)
class LimbLengths:
    """Limbs that are observed.

    Attributes:
        rig: Whose keypoints are their ends.
        ends: int (L, 2), keypoints of the rig.
        lengths: (L,), in the keypoints' unit.
    """

    rig: Rig
    ends: np.ndarray
    lengths: np.ndarray

    @property
    def size(self) -> float:
        """How many times as long as the body's own they are; 1 where none is observed."""
        return float(np.median(self.lengths / self._rest_lengths())) if len(self.ends) else 1.0

    @property
    def is_beyond_shapes(self) -> bool:
        """Whether the person is so small or large that a body of another scale is nearer."""
        return not LEAST_SHAPED <= self.size <= MOST_SHAPED

    def unit(self) -> str:
        """The unit in which the person comes nearest to the body's size.

        Raises:
            ValueError: No limb is observed at both ends.
        """
        if not len(self.ends):
            raise ValueError(
                "no limb is seen at both ends, so the unit cannot be told: set units to m, cm or mm"
            )
        return unit_of_size(self.size)

    def betas(self) -> np.ndarray:
        """Shape (B,) whose limbs come nearest to the lengths in metres, drawn to the mean one."""
        rig = self.rig
        betas = np.zeros(rig.beta_count)
        if not len(self.ends):
            return betas
        shapedirs = self._vectors(rig.anchor_shapedirs)
        for _ in range(3):
            limbs = self._vectors(rig.rest(betas)[1])
            lengths = np.linalg.norm(limbs, axis=1)
            jacobian = np.einsum("la,lab->lb", limbs / lengths[:, None], shapedirs) / LENGTH_SPREAD
            target = (self.lengths - lengths) / LENGTH_SPREAD + jacobian @ betas
            hessian = jacobian.T @ jacobian + np.eye(len(betas))
            betas = np.linalg.solve(hessian, jacobian.T @ target)
        return betas

    def scaling(self) -> float:
        """The one factor that takes the mean shape's limbs to the lengths in metres."""
        if not len(self.ends):
            return 1.0
        rest = self._rest_lengths()
        return float(rest @ self.lengths / (rest @ rest))

    def _vectors(self, anchors: np.ndarray) -> np.ndarray:
        return anchors[self.ends[:, 0]] - anchors[self.ends[:, 1]]

    def _rest_lengths(self) -> np.ndarray:
        return np.linalg.norm(self._vectors(self.rig.anchors), axis=1)


def unit_of_size(size: float) -> str:
    """The unit in which somebody ``size`` times as long as the body comes nearest to it."""
    return min(UNITS_PER_METRE, key=lambda unit: abs(np.log(size / UNITS_PER_METRE[unit])))


def measure_limbs(rig: Rig, keypoints: np.ndarray) -> LimbLengths:
    """Median lengths of the limbs in keypoints (F, J, 3), NaN where missing."""
    ends, lengths = [], []
    for joints in LIMBS:
        first, second = (rig.keypoint_of_joint(joint) for joint in joints)
        if first is None or second is None:
            continue
        limb = keypoints[:, rig.columns[first]] - keypoints[:, rig.columns[second]]
        distances = np.linalg.norm(limb, axis=1)
        distances = distances[np.isfinite(distances)]
        if len(distances) and np.median(distances) > 0:
            ends.append((first, second))
            lengths.append(np.median(distances))
    return LimbLengths(rig, np.array(ends, int).reshape(-1, 2), np.array(lengths))
