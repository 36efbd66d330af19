"""Names, bones and left/right pairs of the keypoints that detectors write."""

from __future__ import annotations

from dataclasses import dataclass

COCO17 = (
    "nose,left_eye,right_eye,left_ear,right_ear,left_shoulder,right_shoulder,left_elbow,"
    "right_elbow,left_wrist,right_wrist,left_hip,right_hip,left_knee,right_knee,left_ankle,"
    "right_ankle"
)
FEET = "left_big_toe,left_small_toe,left_heel,right_big_toe,right_small_toe,right_heel"
BODY_25 = (
    "nose,neck,right_shoulder,right_elbow,right_wrist,left_shoulder,left_elbow,left_wrist,"
    "mid_hip,right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,right_eye,left_eye,"
    "right_ear,left_ear," + FEET
)
COCO18 = (
    "nose,neck,right_shoulder,right_elbow,right_wrist,left_shoulder,left_elbow,left_wrist,"
    "right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,right_eye,left_eye,"
    "right_ear,left_ear"
)
BODY_25B = COCO17 + ",upper_neck,head_top," + FEET

# AIST++ (run_estimate_keypoints): without the torso.
COCO17_BONES = (
    (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16), (0, 1), (0, 2),
    (1, 2), (0, 3), (0, 4), (3, 4),
)  # fmt: skip
BODY_25_BONES = (
    (0, 15), (0, 16), (15, 17), (16, 18), (0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7),
    (1, 8), (8, 9), (9, 10), (10, 11), (11, 24), (11, 22), (11, 23), (22, 23), (23, 24), (24, 22),
    (8, 12), (12, 13), (13, 14), (14, 21), (14, 19), (14, 20), (19, 20), (20, 21), (21, 19),
)  # fmt: skip
BODY_25B_BONES = (
    *COCO17_BONES, (5, 6), (11, 12), (0, 17), (17, 18), (15, 19), (15, 20), (15, 21), (19, 20),
    (20, 21), (21, 19), (16, 22), (16, 23), (16, 24), (22, 23), (23, 24), (24, 22),
)  # fmt: skip
COCO18_BONES = (
    (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (11, 12), (12, 13), (1, 2), (1, 5), (0, 1),
    (0, 14), (0, 15), (14, 16), (15, 17),
)  # fmt: skip


@dataclass(frozen=True)
class Skeleton:
    """What the J keypoints of a detector are.

    Attributes:
        name: As the parameter ``skeleton`` takes it.
        joints: J names.
        bones: Pairs of joints whose distance hardly changes.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]

    @property
    def mirrored(self) -> tuple[int, ...]:
        """(J,): the index of each joint's counterpart on the other side, or its own."""
        return tuple(self.joints.index(_other_side(name)) for name in self.joints)

    def index(self, name: str) -> int | None:
        """The joint ``name``, or None where the skeleton has none of that name."""
        return self.joints.index(name) if name in self.joints else None


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name


SKELETONS = {
    name: Skeleton(name, tuple(joints.split(",")), bones)
    for name, joints, bones in (
        ("coco17", COCO17, COCO17_BONES),
        ("coco18", COCO18, COCO18_BONES),
        ("body25", BODY_25, BODY_25_BONES),
        ("body25b", BODY_25B, BODY_25B_BONES),
    )
}


def skeleton_of(name: str, joint_count: int) -> Skeleton:
    """The skeleton called ``name``, or for ``auto`` the only one with so many keypoints.

    Raises:
        ValueError: The name is unknown, its count differs, or the count does not tell.
    """
    if name == "auto":
        fitting = [s for s in SKELETONS.values() if len(s.joints) == joint_count]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            return Skeleton("unknown", tuple(f"joint_{i}" for i in range(joint_count)), ())
        names = " or ".join(s.name for s in fitting)
        raise ValueError(f"{joint_count} keypoints may be {names}: set skeleton to one of them")
    if name not in SKELETONS:
        raise ValueError(f"skeleton {name!r} is not one of auto, {', '.join(SKELETONS)}")
    skeleton = SKELETONS[name]
    if len(skeleton.joints) != joint_count:
        raise ValueError(
            f"skeleton {name} has {len(skeleton.joints)} keypoints, the data have {joint_count}"
        )
    return skeleton
