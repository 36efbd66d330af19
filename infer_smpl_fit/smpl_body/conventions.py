"""Which SMPL joint or landmark each keypoint of a detector's convention stands for."""

from __future__ import annotations

from dataclasses import dataclass

from ..infer_smpl_fit_kit.keypoints.skeletons import (
    SKELETONS,
    SMPL_JOINTS,
    SMPL_PARENTS,
    skeleton_name,
)
from .hands import HAND_BONES

# The bone that carries each landmark. Toes go with the ankle's bone: what bends them is never seen.
LANDMARK_BONES = {
    "nose": 15, "left_eye": 15, "right_eye": 15, "left_ear": 15, "right_ear": 15, "head_top": 15,
    "left_big_toe": 7, "left_small_toe": 7, "left_heel": 7,
    "right_big_toe": 8, "right_small_toe": 8, "right_heel": 8,
}  # fmt: skip

# Keypoints that are midpoints of two joints, and the bone that carries them.
MIDPOINTS = {"mid_hip": ((1, 2), 0), "shoulder_middle": ((16, 17), 9)}
# Where a convention's name differs from SMPL's.
SYNONYMS = {
    # AIST++'s own list takes OpenPose's right side for SMPL's left; the table has OpenPose's order.
    "body25": {"neck": "shoulder_middle"},
    "body25_hands": {"neck": "shoulder_middle"},
    "body25b": {"upper_neck": "neck"},
    "halpe26": {"upper_neck": "neck"},
    "h36m17": {"spine": "spine2", "thorax": "neck", "jaw": "nose"},
}


@dataclass(frozen=True)
class Source:
    """Where a keypoint sits on the body at rest.

    Attributes:
        bone: Joint whose rotation carries it.
        joints: SMPL joints whose mean it is; empty for a landmark.
        landmark: Name of a vertex in ``BodyModel.landmarks``; empty for joints.
    """

    bone: int
    joints: tuple[int, ...] = ()
    landmark: str = ""


@dataclass(frozen=True)
class Convention:
    """Keypoints that a body can be fitted to.

    Attributes:
        name: As ``fit_body`` takes it.
        keypoints: J names.
        mirrored: (J,), the index of each keypoint's counterpart on the other side, or its own.
        sources: J sources; None where the body has no such point.
    """

    name: str
    keypoints: tuple[str, ...]
    mirrored: tuple[int, ...]
    sources: tuple[Source | None, ...]

    def of_joint(self, joint: int) -> int | None:
        """The keypoint that is this SMPL joint, or None."""
        alone = (i for i, source in enumerate(self.sources) if source and source.joints == (joint,))
        return next(alone, None)


def _source(name: str) -> Source | None:
    if name in MIDPOINTS:
        joints, bone = MIDPOINTS[name]
        return Source(bone, joints)
    if name in SMPL_JOINTS:
        joint = SMPL_JOINTS.index(name)
        # A joint's place depends on its parent's rotation, not on its own.
        return Source(max(SMPL_PARENTS[joint], 0), (joint,))
    bones = LANDMARK_BONES | HAND_BONES
    return Source(bones[name], landmark=name) if name in bones else None


def _convention(name: str) -> Convention:
    known, synonyms = SKELETONS[name], SYNONYMS.get(name, {})
    sources = tuple(_source(synonyms.get(joint, joint)) for joint in known.joints)
    return Convention(name, known.joints, known.mirrored, sources)


CONVENTIONS = {
    name: _convention(name)
    for name in (
        *("coco17", "body25", "body25_hands", "body25b", "halpe26", "wholebody133", "mediapipe33"),
        *("smpl24", "smpl22", "h36m17"),
    )
}


def convention_of(name: str, keypoint_count: int) -> Convention:
    """The convention called ``name``, checked against the number of keypoints.

    ``smpl24`` also takes the first 22 joints alone, which is what SMPL-H and SMPL-X share.

    Raises:
        ValueError: The name is unknown or its count differs; the message lists the conventions.
    """
    known = skeleton_name(name)
    if known == "smpl24" and keypoint_count == 22:
        known = "smpl22"
    counts = {c.name: len(c.keypoints) for c in CONVENTIONS.values()}
    if counts.get(known) == keypoint_count:
        return CONVENTIONS[known]
    fitting = [other for other, count in counts.items() if count == keypoint_count]
    hint = f"; with {keypoint_count} keypoints: {' or '.join(fitting)}" if fitting else ""
    listed = ", ".join(f"{other} ({count})" for other, count in counts.items())
    wrong = f"keypoint convention {name!r} is unknown"
    if known in counts:
        wrong = f"{known} has {counts[known]} keypoints, the data have {keypoint_count}"
    raise ValueError(f"{wrong}; known are {listed}{hint}")
