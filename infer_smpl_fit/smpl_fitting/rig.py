"""What of a body the fit needs: joints and the keypoints on their bones, never the mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..smpl_body.conventions import SMPL_JOINTS, Convention, Source
from ..smpl_body.model import BodyModel

HEAD = SMPL_JOINTS.index("head")


@dataclass(frozen=True)
class Rig:
    """A skeleton of K joints with N keypoints that are fixed to its bones.

    Attributes:
        parents: (K,), -1 for the root.
        joints: (K, 3), metres, mean shape at rest.
        joint_shapes: (K, 3, B).
        columns: (N,), the keypoints' places in the convention.
        bones: (N,), the joint that carries each keypoint.
        anchors: (N, 3), metres, mean shape at rest.
        anchor_shapes: (N, 3, B).
        active: (A,), joints with a keypoint beyond them; only their rotations are looked for.
    """

    parents: np.ndarray
    joints: np.ndarray
    joint_shapes: np.ndarray
    columns: np.ndarray
    bones: np.ndarray
    anchors: np.ndarray
    anchor_shapes: np.ndarray
    active: np.ndarray

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Keypoint and place among the active joints of each joint that moves each keypoint."""
        slots = {int(joint): slot for slot, joint in enumerate(self.active)}
        found = [
            (n, slots[joint])
            for n, bone in enumerate(self.bones)
            for joint in ancestors(int(bone), self.parents)
        ]
        keypoints, joints = np.array(found, int).reshape(-1, 2).T
        return keypoints, joints

    def rest(self, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Joints (K, 3) and keypoints (N, 3) of a shape (B,) at rest."""
        return self.joints + self.joint_shapes @ betas, self.anchors + self.anchor_shapes @ betas


def ancestors(joint: int, parents: np.ndarray) -> list[int]:
    """The joint itself and all joints between it and the root, which comes last."""
    chain = []
    while joint >= 0:
        chain.append(joint)
        joint = int(parents[joint])
    return chain


def rig_of(model: BodyModel, convention: Convention, seen: np.ndarray) -> Rig:
    """The part of the body that the seen keypoints tell something about.

    Args:
        model: Any body in SMPL's layout.
        convention: Of the keypoints.
        seen: bool (J,), keypoints that occur at least once.
    """
    columns, bones, anchors, shapes = [], [], [], []
    for column, source in enumerate(convention.sources):
        place = _place(model, source) if source is not None and seen[column] else None
        if place is not None:
            columns.append(column)
            bones.append(source.bone)
            anchors.append(place[0])
            shapes.append(place[1])
    active = sorted({a for bone in bones for a in ancestors(bone, model.parents)})
    return Rig(
        parents=np.asarray(model.parents),
        joints=model.rest_joints,
        joint_shapes=model.joint_shapedirs,
        columns=np.array(columns, int),
        bones=np.array(bones, int),
        anchors=np.array(anchors).reshape(-1, 3),
        anchor_shapes=np.array(shapes).reshape(-1, 3, model.beta_count),
        active=np.array(active, int),
    )


def _place(model: BodyModel, source: Source) -> tuple[np.ndarray, np.ndarray] | None:
    """A keypoint at rest (3,) and its shape directions (3, B); None if the body lacks it."""
    if source.joints:
        # Beyond the 22 shared joints the numbers mean fingers in SMPL-H and SMPL-X.
        if max(source.joints) >= 22 and model.joint_count != 24:
            return None
        chosen = list(source.joints)
        return model.rest_joints[chosen].mean(axis=0), model.joint_shapedirs[chosen].mean(axis=0)
    vertex = landmark_vertex(model, source.landmark)
    return None if vertex is None else (model.v_template[vertex], model.shapedirs[vertex])


def landmark_vertex(model: BodyModel, name: str) -> int | None:
    """The vertex of a landmark; the top of the head is found where the body does not name it."""
    if name in model.landmarks:
        return model.landmarks[name]
    if name != "head_top":
        return None
    head = np.flatnonzero(model.weights.argmax(axis=1) == HEAD)
    return int(head[model.v_template[head, 1].argmax()]) if len(head) else None
