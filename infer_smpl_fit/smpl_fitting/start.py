"""A pose for every frame in closed form: torso and head by Kabsch, limbs by two-bone kinematics."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .kinematics import State, forward
from .proportions import Proportions
from .rig import HEAD, Rig, ancestors, spans_plane
from .rotations import (
    exponential,
    kabsch,
    logarithm,
    orthonormal_frame,
    rotation_between,
    unit,
)

# A limb bent less than this (sine of the angle) no longer tells its hinge's axis.
STRAIGHT = 0.2
SPINE, NECK, ANKLES = (3, 6, 9), 12, (7, 8)
TORSO = (0, *SPINE, 13, 14)


# Two bones each: the joints at their root, hinge and end, and the axis at rest about which the
# hinge bends.
LIMBS = (
    ((1, 4, 7), (1.0, 0.0, 0.0)),
    ((2, 5, 8), (1.0, 0.0, 0.0)),
    ((16, 18, 20), (0.0, -1.0, 0.0)),
    ((17, 19, 21), (0.0, 1.0, 0.0)),
)


def analytic_start(rig: Rig, points: np.ndarray, proportions: Proportions) -> State:
    """The analytic start.

    Args:
        rig: The skeleton.
        points: (F, N, 3), metres, the rig's keypoints, all finite.
        proportions: Of the body.
    """
    joints, anchors = rig.rest(proportions.betas)
    joints, anchors = proportions.scaling * joints, proportions.scaling * anchors
    frames = len(points)
    rotations = np.broadcast_to(np.eye(3), (frames, len(rig.parents), 3, 3)).copy()
    pose = _Pose(rig, joints, anchors, points, rotations)
    pose.set_torso()
    for joints_of_limb, axis in LIMBS:
        pose.set_limb(*joints_of_limb, axis=np.array(axis))
    pose.set_head()
    for ankle in ANKLES:
        pose.set_foot(ankle)
    state = State(
        rotations=rotations,
        transl=np.zeros((frames, 3)),
        betas=proportions.betas,
        scaling=proportions.scaling,
        offsets=np.zeros_like(anchors),
    )
    torso = np.isin(rig.bones, TORSO)
    residuals = points - forward(rig, state).points
    return replace(state, transl=residuals[:, torso if torso.any() else ...].mean(axis=1))


@dataclass(frozen=True)
class _Pose:
    """Rotations that are set part by part, from the root outwards.

    Attributes:
        rig: The skeleton.
        joints: (K, 3), at rest, in the person's size.
        anchors: (N, 3), keypoints at rest, in the person's size.
        points: (F, N, 3), where the keypoints are.
        rotations: (F, K, 3, 3), local; written to.
    """

    rig: Rig
    joints: np.ndarray
    anchors: np.ndarray
    points: np.ndarray
    rotations: np.ndarray

    def set_torso(self) -> None:
        """Pelvis from the hips, chest from the shoulders, the spine's joints in between."""
        bones = self.rig.bones
        torso = np.isin(bones, TORSO).astype(float)
        if not spans_plane(self.anchors[torso > 0]):
            # The head is the least mobile of the rest.
            torso = np.where(bones == HEAD, 0.5, torso)
        if not spans_plane(self.anchors[torso > 0]):
            self.rotations[:, 0] = self._kabsch(np.ones(len(bones)))
            return
        pelvis = self._kabsch(np.where(bones == 0, 1.0, 0.2) * torso)
        chest = self._kabsch(np.where(bones == 0, 0.2, 1.0) * torso)
        self.rotations[:, 0] = pelvis
        twist = logarithm(pelvis.swapaxes(-1, -2) @ chest)
        self.rotations[:, SPINE] = exponential(twist / len(SPINE))[:, None]

    def set_limb(self, at_root: int, at_hinge: int, at_end: int, *, axis: np.ndarray) -> None:
        """Point the limb's root at its hinge, and lay the hinge's axis (3,) across the bend."""
        root, hinge, end = (self._position(joint) for joint in (at_root, at_hinge, at_end))
        if root is None or hinge is None:
            return
        parent = self._parent_world(at_root)
        upper_rest = unit(self.joints[at_hinge] - self.joints[at_root])
        upper = unit(hinge - root)
        untwisted = (
            rotation_between(np.broadcast_to(parent @ upper_rest, upper.shape), upper) @ parent
        )
        if end is None:
            self.rotations[:, at_root] = parent.swapaxes(-1, -2) @ untwisted
            return
        lower_rest = unit(self.joints[at_end] - self.joints[at_hinge])
        lower = unit(end - hinge)
        normal = np.cross(upper, lower)
        bent = np.minimum(np.linalg.norm(normal, axis=1, keepdims=True) / STRAIGHT, 1.0)
        guess = untwisted @ axis
        normal = np.where(bent < 1, bent**2 * unit(normal) + (1 - bent**2) * guess, normal)
        normal = np.where(np.linalg.norm(normal, axis=1, keepdims=True) > 1e-6, normal, guess)
        world = orthonormal_frame(upper, normal) @ orthonormal_frame(upper_rest, axis).T
        self.rotations[:, at_root] = parent.swapaxes(-1, -2) @ world
        bend = rotation_between(world @ lower_rest, lower)
        self.rotations[:, at_hinge] = world.swapaxes(-1, -2) @ bend @ world

    def set_head(self) -> None:
        """Share the rotation of the face's points between neck and head."""
        face = self.rig.bones == HEAD
        if face.sum() < 3:
            return
        chest = self._parent_world(NECK)
        rotation = logarithm(chest.swapaxes(-1, -2) @ self._kabsch(face.astype(float)))
        self.rotations[:, (NECK, HEAD)] = exponential(rotation / 2)[:, None]

    def set_foot(self, ankle: int) -> None:
        """Rotate a foot by its own points and the ankle itself."""
        bones, parent = self.rig.bones, self.rig.parents[ankle]
        foot = bones == ankle
        if foot.sum() < 2:
            return
        # The ankle lies where its parent's bone says, so it belongs to the foot's points as well.
        is_near = np.linalg.norm(self.rig.anchors - self.rig.joints[ankle], axis=1) < 0.01
        foot |= (bones == parent) & is_near
        shin = self._parent_world(ankle)
        self.rotations[:, ankle] = shin.swapaxes(-1, -2) @ self._kabsch(foot.astype(float))

    def _position(self, joint: int) -> np.ndarray | None:
        """(F, 3): where a joint is, if a keypoint shows it."""
        keypoint = self.rig.keypoint_of_joint(joint)
        return None if keypoint is None else self.points[:, keypoint]

    def _kabsch(self, weights: np.ndarray) -> np.ndarray:
        return kabsch(self.anchors, self.points, weights)

    def _parent_world(self, joint: int) -> np.ndarray:
        """(F, 3, 3): the global rotation of a joint's parent."""
        root, *chain = reversed(ancestors(int(self.rig.parents[joint]), self.rig.parents))
        world = self.rotations[:, root]
        for joint in chain:
            world = world @ self.rotations[:, joint]
        return world
