"""What of a body the fit needs: joints and the keypoints on their bones, never the mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..smpl_body.conventions import SMPL_JOINTS, Convention, Source
from ..smpl_body.hands import HAND_BONES, hand_base
from ..smpl_body.model import BodyModel

HEAD = SMPL_JOINTS.index("head")
# Points that lie nearer than this to one line leave the rotation about it open, metres.
LEAST_EXTENT = 0.05
# A detector's hip is not SMPL's; knuckles are knuckles, and theirs would hide how a hand is turned.
OFFSET_SPREAD, HAND_OFFSET_SPREAD = 0.025, 0.008


@dataclass(frozen=True)
class Rig:
    """A skeleton of K joints with N keypoints that are fixed to its bones.

    Attributes:
        convention: Of the keypoints; it may have more than these N.
        parents: (K,), -1 for the root.
        joints: (K, 3), metres, mean shape at rest.
        joint_shapedirs: (K, 3, B).
        columns: (N,), the keypoints' indices in the convention.
        bones: (N,), the joint that carries each keypoint.
        anchors: (N, 3), metres, the keypoints of the mean shape at rest.
        anchor_shapedirs: (N, 3, B).
        active: (A,), joints with a keypoint beyond them; only their rotations are optimised.
    """

    convention: Convention
    parents: np.ndarray
    joints: np.ndarray
    joint_shapedirs: np.ndarray
    columns: np.ndarray
    bones: np.ndarray
    anchors: np.ndarray
    anchor_shapedirs: np.ndarray
    active: np.ndarray

    @property
    def beta_count(self) -> int:
        return self.joint_shapedirs.shape[2]

    @cached_property
    def offset_spreads(self) -> np.ndarray:
        """(N,), metres: how far off its place on the body a detector's keypoint usually is."""
        sources = (self.convention.sources[column] for column in self.columns)
        is_hand = [source is not None and source.landmark in HAND_BONES for source in sources]
        return np.where(is_hand, HAND_OFFSET_SPREAD, OFFSET_SPREAD)

    @cached_property
    def keypoint_of_column(self) -> dict[int, int]:
        """Which of the N each of the convention's keypoints is, by its index there."""
        return {int(column): n for n, column in enumerate(self.columns)}

    def keypoint_of_joint(self, joint: int) -> int | None:
        """Which of the N keypoints is a joint itself; None where no keypoint shows it."""
        column = self.convention.of_joint(joint)
        return None if column is None else self.keypoint_of_column.get(column)

    @cached_property
    def influences(self) -> tuple[np.ndarray, np.ndarray]:
        """(P,) and (P,): each keypoint with the index, in ``active``, of each joint that moves it.

        Those are the joint that carries it and all above.
        """
        index = {int(joint): slot for slot, joint in enumerate(self.active)}
        pairs = [
            (n, index[joint])
            for n, bone in enumerate(self.bones)
            for joint in ancestors(int(bone), self.parents)
        ]
        keypoints, joints = np.array(pairs, int).reshape(-1, 2).T
        return keypoints, joints

    def rest(self, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Joints (K, 3) and keypoints (N, 3) of a shape (B,) at rest."""
        joints = self.joints + self.joint_shapedirs @ betas
        return joints, self.anchors + self.anchor_shapedirs @ betas


def spans_plane(points: np.ndarray) -> bool:
    """Whether points (N, 3) in metres lie on no line, as the hips and their middle do."""
    if len(points) < 3:
        return False
    extents = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(extents[1] > LEAST_EXTENT * np.sqrt(len(points)))


def ancestors(joint: int, parents: np.ndarray) -> list[int]:
    """The joint itself and all joints between it and the root, which comes last."""
    chain = []
    while joint >= 0:
        chain.append(joint)
        joint = int(parents[joint])
    return chain


def rig_of(model: BodyModel, convention: Convention, observed: np.ndarray | None = None) -> Rig:
    """The part of the body that the observed keypoints tell something about.

    Args:
        model: Any body in SMPL's layout.
        convention: Of the keypoints.
        observed: bool (J,), keypoints that occur at least once; all by default.
    """
    columns, bones, anchors, shapedirs = [], [], [], []
    for column, source in enumerate(convention.sources):
        if source is None or (observed is not None and not observed[column]):
            continue
        anchor = _anchor(model, source)
        if anchor is not None:
            columns.append(column)
            bones.append(source.bone)
            anchors.append(anchor[0])
            shapedirs.append(anchor[1])
    active = sorted({a for bone in bones for a in ancestors(bone, model.parents)})
    return Rig(
        convention=convention,
        parents=np.asarray(model.parents),
        joints=model.rest_joints,
        joint_shapedirs=model.joint_shapedirs,
        columns=np.array(columns, int),
        bones=np.array(bones, int),
        anchors=np.array(anchors).reshape(-1, 3),
        anchor_shapedirs=np.array(shapedirs).reshape(-1, 3, model.beta_count),
        active=np.array(active, int),
    )


def _anchor(model: BodyModel, source: Source) -> tuple[np.ndarray, np.ndarray] | None:
    """A keypoint at rest (3,) and its shape directions (3, B); None if the body lacks it."""
    if source.joints:
        if max(source.joints) >= model.body_joint_count:
            return None
        joints = list(source.joints)
        return model.rest_joints[joints].mean(axis=0), model.joint_shapedirs[joints].mean(axis=0)
    if source.landmark in HAND_BONES:
        return hand_base(model, source.landmark)
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
