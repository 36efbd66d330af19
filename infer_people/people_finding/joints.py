"""The keypoints that networks find, and those of a skeleton that are made of them."""

from __future__ import annotations

import numpy as np

from ..infer_people_kit.keypoints.skeletons import SKELETONS

COCO17 = SKELETONS["coco17"].joints
# Halpe-26's own order (Fang et al., AlphaPose, 2022): COCO's 17 first.
HALPE26 = (
    *COCO17, "head_top", "neck", "mid_hip", "left_big_toe", "right_big_toe", "left_small_toe",
    "right_small_toe", "left_heel", "right_heel",
)  # fmt: skip
# Points between two others, for networks that do not find them.
BETWEEN = {
    "neck": ("left_shoulder", "right_shoulder"),
    "mid_hip": ("left_hip", "right_hip"),
}
LAYOUTS = {17: COCO17, 26: HALPE26}


def in_skeleton(keypoints: np.ndarray, skeleton: str, least: float) -> np.ndarray:
    """Keypoints (17 or 26, 3) as those of ``skeleton``, float32 (J, 3).

    Those with a score below ``least``, and those that cannot be made, are zeros.
    """
    known = {
        name: point
        for name, point in zip(LAYOUTS[len(keypoints)], keypoints, strict=True)
        if point[2] >= max(least, 1e-6)
    }
    for name, ends in BETWEEN.items():
        if name not in known and all(end in known for end in ends):
            one, other = (known[end] for end in ends)
            known[name] = np.array([*(one[:2] + other[:2]) / 2, min(one[2], other[2])])
    joints = SKELETONS[skeleton].joints
    return np.array([known.get(name, np.zeros(3)) for name in joints], np.float32)


def from_body25(keypoints: np.ndarray) -> np.ndarray:
    """OpenPose's 25 keypoints (25, 3) in the order of Halpe-26, which has one more, unknown."""
    places = {name: i for i, name in enumerate(SKELETONS["body25"].joints)}
    rows = [places.get(name) for name in HALPE26]
    return np.array([np.zeros(3) if i is None else keypoints[i] for i in rows], np.float32)
