"""Which SMPL joint or landmark each keypoint of a detector's convention stands for.

Joints are numbered as in SMPL (Loper et al., 2015); the first 22 are the same in SMPL-H and SMPL-X.
"""

from __future__ import annotations

from dataclasses import dataclass

SMPL_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar",
    "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
SMPL_PARENTS = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip

# The bone that carries each landmark. Toes go with the ankle's bone: what bends them is never seen.
LANDMARK_BONES = {
    "nose": 15, "left_eye": 15, "right_eye": 15, "left_ear": 15, "right_ear": 15, "head_top": 15,
    "left_big_toe": 7, "left_small_toe": 7, "left_heel": 7,
    "right_big_toe": 8, "right_small_toe": 8, "right_heel": 8,
}  # fmt: skip

COCO17 = (
    "nose,left_eye,right_eye,left_ear,right_ear,left_shoulder,right_shoulder,left_elbow,"
    "right_elbow,left_wrist,right_wrist,left_hip,right_hip,left_knee,right_knee,left_ankle,"
    "right_ankle"
)
FEET = "left_big_toe,left_small_toe,left_heel,right_big_toe,right_small_toe,right_heel"
# AIST++'s own list takes OpenPose's right side for SMPL's left; this is OpenPose's order itself.
OPENPOSE25 = (
    "nose,neck,right_shoulder,right_elbow,right_wrist,left_shoulder,left_elbow,left_wrist,"
    "mid_hip,right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,right_eye,left_eye,"
    "right_ear,left_ear," + FEET
)
BODY25B = COCO17 + ",upper_neck,head_top," + FEET
H36M17 = (
    "pelvis,right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,spine,thorax,jaw,"
    "head_top,left_shoulder,left_elbow,left_wrist,right_shoulder,right_elbow,right_wrist"
)

# Keypoints that are midpoints of two joints, and the bone that carries them.
MIDPOINTS = {"mid_hip": ((1, 2), 0), "shoulder_middle": ((16, 17), 9)}
# Where a convention's name differs from SMPL's.
SYNONYMS = {
    "openpose25": {"neck": "shoulder_middle"},
    "body25b": {"upper_neck": "neck"},
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
    """The J keypoints of one convention.

    Attributes:
        name: As ``fit_body`` takes it.
        keypoints: J names.
        sources: J sources; None where the body has no such point.
    """

    name: str
    keypoints: tuple[str, ...]
    sources: tuple[Source | None, ...]

    @property
    def mirrored(self) -> tuple[int, ...]:
        """(J,): the index of each keypoint's counterpart on the other side, or its own."""
        return tuple(self.keypoints.index(_other_side(name)) for name in self.keypoints)

    def of_joint(self, joint: int) -> int | None:
        """The keypoint that is this SMPL joint, or None."""
        for index, source in enumerate(self.sources):
            if source is not None and source.joints == (joint,):
                return index
        return None


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name


def _source(name: str) -> Source | None:
    if name in MIDPOINTS:
        joints, bone = MIDPOINTS[name]
        return Source(bone, joints)
    if name in SMPL_JOINTS:
        joint = SMPL_JOINTS.index(name)
        # A joint's place depends on its parent's rotation, not on its own.
        return Source(max(SMPL_PARENTS[joint], 0), (joint,))
    return Source(LANDMARK_BONES[name], landmark=name) if name in LANDMARK_BONES else None


def _convention(name: str, keypoints: tuple[str, ...]) -> Convention:
    synonyms = SYNONYMS.get(name, {})
    return Convention(name, keypoints, tuple(_source(synonyms.get(k, k)) for k in keypoints))


CONVENTIONS = {
    name: _convention(name, keypoints)
    for name, keypoints in (
        ("coco17", tuple(COCO17.split(","))),
        ("openpose25", tuple(OPENPOSE25.split(","))),
        ("body25b", tuple(BODY25B.split(","))),
        ("smpl24", SMPL_JOINTS),
        ("smpl22", SMPL_JOINTS[:22]),
        ("h36m17", tuple(H36M17.split(","))),
    )
}
ALIASES = {"body25": "openpose25", "body_25": "openpose25", "body_25b": "body25b"}


def convention_of(name: str, keypoint_count: int) -> Convention:
    """The convention called ``name``, checked against the number of keypoints.

    ``smpl24`` also takes the first 22 joints alone, which is what SMPL-H and SMPL-X share.

    Raises:
        ValueError: The name is unknown or its count differs; the message lists the conventions.
    """
    known = ALIASES.get(name, name)
    if known == "smpl24" and keypoint_count == 22:
        known = "smpl22"
    if known not in CONVENTIONS:
        raise ValueError(f"keypoint convention {name!r} is unknown; {_known(keypoint_count)}")
    convention = CONVENTIONS[known]
    if len(convention.keypoints) != keypoint_count:
        raise ValueError(
            f"{known} has {len(convention.keypoints)} keypoints, the data have {keypoint_count}; "
            + _known(keypoint_count)
        )
    return convention


def _known(keypoint_count: int) -> str:
    listed = ", ".join(f"{c.name} ({len(c.keypoints)})" for c in CONVENTIONS.values())
    fitting = [c.name for c in CONVENTIONS.values() if len(c.keypoints) == keypoint_count]
    hint = f"; with {keypoint_count} keypoints: {' or '.join(fitting)}" if fitting else ""
    return f"known are {listed}{hint}"
