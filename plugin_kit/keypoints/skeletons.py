"""Names, bones and left/right pairs of keypoints: what detectors write, SMPL's and Human3.6M's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

COCO17 = (
    "nose,left_eye,right_eye,left_ear,right_ear,left_shoulder,right_shoulder,left_elbow,"
    "right_elbow,left_wrist,right_wrist,left_hip,right_hip,left_knee,right_knee,left_ankle,"
    "right_ankle"
)
FEET = "left_big_toe,left_small_toe,left_heel,right_big_toe,right_small_toe,right_heel"
BODY25 = (
    "nose,neck,right_shoulder,right_elbow,right_wrist,left_shoulder,left_elbow,left_wrist,"
    "mid_hip,right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,right_eye,left_eye,"
    "right_ear,left_ear," + FEET
)
COCO18 = (
    "nose,neck,right_shoulder,right_elbow,right_wrist,left_shoulder,left_elbow,left_wrist,"
    "right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,right_eye,left_eye,"
    "right_ear,left_ear"
)
BODY25B = COCO17 + ",upper_neck,head_top," + FEET
# Where index and little finger leave the palm.
FINGERS = ("index_base", "little_base")
HANDS = "left_index_base,left_little_base,right_index_base,right_little_base"
WHOLEBODY = f"{COCO17},{FEET},{HANDS}"
HALPE26 = (
    COCO17 + ",head_top,upper_neck,mid_hip,left_big_toe,right_big_toe,left_small_toe,"
    "right_small_toe,left_heel,right_heel"
)
# MediaPipe's foot index is the tip of the big toe.
MEDIAPIPE = (
    COCO17 + ",left_little_base,right_little_base,left_index_base,right_index_base,left_heel,"
    "right_heel,left_big_toe,right_big_toe"
)
H36M17 = (
    "pelvis,right_hip,right_knee,right_ankle,left_hip,left_knee,left_ankle,spine,thorax,jaw,"
    "head_top,left_shoulder,left_elbow,left_wrist,right_shoulder,right_elbow,right_wrist"
)
# Loper et al., 2015; the first 22 are the same in SMPL-H and SMPL-X.
SMPL_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar",
    "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
SMPL_PARENTS = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip
SHARED_JOINTS = 22

# AIST++ (run_estimate_keypoints): without the torso.
COCO17_BONES = (
    (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16), (0, 1), (0, 2),
    (1, 2), (0, 3), (0, 4), (3, 4),
)  # fmt: skip
BODY25_BONES = (
    (0, 15), (0, 16), (15, 17), (16, 18), (0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7),
    (1, 8), (8, 9), (9, 10), (10, 11), (11, 24), (11, 22), (11, 23), (22, 23), (23, 24), (24, 22),
    (8, 12), (12, 13), (13, 14), (14, 21), (14, 19), (14, 20), (19, 20), (20, 21), (21, 19),
)  # fmt: skip
BODY25B_BONES = (
    *COCO17_BONES, (5, 6), (11, 12), (0, 17), (17, 18), (15, 19), (15, 20), (15, 21), (19, 20),
    (20, 21), (21, 19), (16, 22), (16, 23), (16, 24), (22, 23), (23, 24), (24, 22),
)  # fmt: skip
COCO18_BONES = (
    (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (11, 12), (12, 13), (1, 2), (1, 5), (0, 1),
    (0, 14), (0, 15), (14, 16), (15, 17),
)  # fmt: skip
H36M17_BONES = (
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10), (8, 11),
    (11, 12), (12, 13), (8, 14), (14, 15), (15, 16),
)  # fmt: skip
SMPL_BONES = tuple((parent, joint) for joint, parent in enumerate(SMPL_PARENTS) if joint)


@dataclass(frozen=True)
class Skeleton:
    """What J keypoints are.

    Attributes:
        name: As parameters and files have it.
        joints: J names.
        bones: Pairs of joints whose distance hardly changes.
        columns: Where the J joints stand among the points of a detector that writes others too,
            of hands and face; empty where it writes these alone.
        points: How many points the detector writes; 0 stands for J.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...] = ()
    columns: tuple[int, ...] = ()
    points: int = 0

    def takes(self, count: int) -> bool:
        """Whether so many points are a detector's, or the J joints that were taken of them."""
        return count in (len(self.joints), self.points)

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


def _with_ends(names: str, *more: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """COCO's bones, the trunk's two, ``more``, and those of feet and hands that the names have."""
    joints = names.split(",")
    bones = [*COCO17_BONES, (5, 6), (11, 12), *more]
    for side in ("left", "right"):
        for parts in (("ankle", "big_toe", "small_toe", "heel"), ("wrist", *FINGERS)):
            end = [f"{side}_{part}" for part in parts]
            bones += combinations([joints.index(name) for name in end if name in joints], 2)
    return tuple(bones)


SKELETONS = {
    skeleton.name: skeleton
    for skeleton in (
        Skeleton("coco17", tuple(COCO17.split(",")), COCO17_BONES),
        Skeleton("coco18", tuple(COCO18.split(",")), COCO18_BONES),
        Skeleton("body25", tuple(BODY25.split(",")), BODY25_BONES),
        # OpenPose's body, left hand and right hand, one after the other.
        Skeleton(
            "body25_hands",
            (*BODY25.split(","), *HANDS.split(",")),
            (*BODY25_BONES, (7, 25), (7, 26), (25, 26), (4, 27), (4, 28), (27, 28)),
            columns=(*range(25), 30, 42, 51, 63),
            points=67,
        ),
        Skeleton("body25b", tuple(BODY25B.split(",")), BODY25B_BONES),
        Skeleton(
            "halpe26",
            tuple(HALPE26.split(",")),
            _with_ends(HALPE26, (0, 18), (18, 17), (11, 19), (12, 19)),
        ),
        Skeleton(
            "wholebody133",
            tuple(WHOLEBODY.split(",")),
            _with_ends(WHOLEBODY),
            # Hands of 21 points begin at 91 and 112, their index finger 5, the little one 17 later.
            columns=(*range(23), 96, 108, 117, 129),
            points=133,
        ),
        Skeleton(
            "mediapipe33",
            tuple(MEDIAPIPE.split(",")),
            _with_ends(MEDIAPIPE),
            columns=(0, 2, 5, 7, 8, *range(11, 17), *range(23, 29), *range(17, 21), *range(29, 33)),
            points=33,
        ),
        Skeleton("smpl24", SMPL_JOINTS, SMPL_BONES),
        Skeleton("smpl22", SMPL_JOINTS[:SHARED_JOINTS], SMPL_BONES[: SHARED_JOINTS - 1]),
        Skeleton("h36m17", tuple(H36M17.split(",")), H36M17_BONES),
    )
}
# What detectors find in pictures; the others are of 3D keypoints only.
DETECTED = (
    *("coco17", "coco18", "body25", "body25_hands", "body25b"),
    *("halpe26", "wholebody133", "mediapipe33"),
)
OLD_SPELLINGS = {
    "openpose25": "body25",
    "body_25": "body25",
    "body_25b": "body25b",
    "halpe_26": "halpe26",
    "coco_wholebody": "wholebody133",
    "blazepose33": "mediapipe33",
}


def skeleton_name(word: str) -> str:
    """A skeleton's name as this table has it, from a detector's or an earlier release's word.

    Example:
        >>> skeleton_name("BODY_25"), skeleton_name("openpose25"), skeleton_name("lion9")
        ('body25', 'body25', 'lion9')
    """
    plain = word.strip().lower()
    return OLD_SPELLINGS.get(plain, plain)


def skeleton_of(name: str, joint_count: int) -> Skeleton:
    """The detectors' skeleton called ``name``, or for ``auto`` the only one with so many points.

    Where it has ``columns`` and so many points, the keypoints are those columns alone.

    Raises:
        ValueError: The name is unknown, its count differs, or the count does not tell.
    """
    if skeleton_name(name) == "auto":
        counts = {name: SKELETONS[name].points or len(SKELETONS[name].joints) for name in DETECTED}
        fitting = [name for name, count in counts.items() if count == joint_count]
        if len(fitting) > 1:
            raise ValueError(
                f"{joint_count} keypoints may be {' or '.join(fitting)}: set skeleton to one of "
                "them"
            )
        unknown = Skeleton("unknown", tuple(f"joint_{i}" for i in range(joint_count)))
        return SKELETONS[fitting[0]] if fitting else unknown
    skeleton = SKELETONS.get(skeleton_name(name))
    if skeleton is None or skeleton.name not in DETECTED:
        raise ValueError(f"skeleton {name!r} is not one of auto, {', '.join(DETECTED)}")
    if not skeleton.takes(joint_count):
        raise ValueError(
            f"skeleton {skeleton.name} has {skeleton.points or len(skeleton.joints)} keypoints, "
            f"the data have {joint_count}"
        )
    return skeleton
