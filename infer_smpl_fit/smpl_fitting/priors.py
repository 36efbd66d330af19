"""What a body's joints can do: spread and limits of their rotation vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..smpl_body.conventions import SMPL_JOINTS

# All that a joint can do is as likely, within its limits: what bends a limb is seen by keypoints on
# both sides, and a spread about the T-pose would tilt a trunk by raised thighs and lowered arms.
ANY = 3.0
# In SMPL's axes (x to the left, y up, z forward, T-pose), radians: of the rotation vector's three
# components the usual spread about zero, and their lowest and highest values on the left side.
JOINTS = {
    "hip": ((ANY, 0.5, 0.5), ((-2.4, 0.9), (-1.1, 1.1), (-0.9, 1.4))),
    "knee": ((ANY, 0.12, 0.07), ((0.0, 2.7), (-0.5, 0.5), (-0.35, 0.35))),
    "ankle": ((0.4, 0.3, 0.25), ((-0.9, 1.0), (-0.8, 0.8), (-0.7, 0.7))),
    "foot": ((0.2, 0.1, 0.1), ((-0.6, 0.6), (-0.3, 0.3), (-0.3, 0.3))),
    "spine1": ((0.25, 0.2, 0.2), ((-0.5, 0.9), (-0.6, 0.6), (-0.6, 0.6))),
    "spine2": ((0.25, 0.2, 0.2), ((-0.5, 0.8), (-0.6, 0.6), (-0.6, 0.6))),
    "spine3": ((0.2, 0.2, 0.2), ((-0.5, 0.7), (-0.6, 0.6), (-0.6, 0.6))),
    "neck": ((0.3, 0.3, 0.25), ((-0.9, 0.9), (-1.0, 1.0), (-0.8, 0.8))),
    "head": ((0.3, 0.3, 0.25), ((-0.9, 0.9), (-1.0, 1.0), (-0.8, 0.8))),
    # A shoulder blade turns by a third of what an arm is raised (Inman, Saunders, Abbott, 1944).
    "collar": ((0.2, 0.25, 0.5), ((-0.6, 0.6), (-0.7, 0.7), (-0.7, 0.7))),
    "shoulder": ((0.8, ANY, ANY), ((-2.2, 2.2), (-2.5, 2.5), (-2.6, 2.6))),
    "elbow": ((0.6, ANY, 0.15), ((-2.0, 2.0), (-2.8, 0.0), (-0.7, 0.7))),
    "wrist": ((0.4, 0.4, 0.4), ((-1.2, 1.2), (-1.4, 1.4), (-1.4, 1.4))),
    "hand": ((0.2, 0.2, 0.2), ((-0.6, 0.6), (-0.6, 0.6), (-0.6, 0.6))),
}
# A limit gives way this much, in radians.
LIMIT_SOFTNESS = 0.05
# A stretched knee or elbow of a real body passes zero by this much.
HINGE_SLACK = 0.05


@dataclass(frozen=True)
class JointPriors:
    """Of A joints.

    Attributes:
        weights: (A, 3), 1 / spread squared; zero for the root.
        lowest, highest: (A, 3), radians; infinite for the root.
    """

    weights: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    def excess(self, vectors: np.ndarray) -> np.ndarray:
        """By how much rotation vectors (F, A, 3) pass their limits, signed; zero within."""
        return vectors - np.clip(vectors, self.lowest, self.highest)


def joint_priors(joints: np.ndarray) -> JointPriors:
    """Of the joints with these numbers (A,); joints beyond SMPL's 24 count as hands."""
    weights = np.zeros((len(joints), 3))
    limits = np.tile([-np.inf, np.inf], (len(joints), 3, 1))
    for row, joint in enumerate(joints):
        name = SMPL_JOINTS[joint] if joint < len(SMPL_JOINTS) else "left_hand"
        if name == "pelvis":
            continue
        kind = name.removeprefix("left_").removeprefix("right_")
        spread, limits[row] = JOINTS[kind]
        weights[row] = 1 / np.square(spread)
        if name.startswith("right_"):
            # Mirrored in the plane x = 0: rotations about y and z change their signs.
            limits[row, 1:] = -limits[row, 1:, ::-1]
        if kind in ("knee", "elbow"):
            limits[row] += np.where(limits[row] == 0, np.array([-HINGE_SLACK, HINGE_SLACK]), 0)
    return JointPriors(weights, limits[..., 0], limits[..., 1])
