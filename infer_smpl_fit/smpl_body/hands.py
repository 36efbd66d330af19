"""Where index and little finger begin, which tell how a hand is turned about the forearm."""

from __future__ import annotations

import numpy as np

from .model import SMPL_JOINT_COUNT, BodyModel

# The bone that carries each: the wrist's.
HAND_BONES = {
    "left_index_base": 20, "left_little_base": 20,
    "right_index_base": 21, "right_little_base": 21,
}  # fmt: skip
# Bodies with fingers have joints there: of SMPL-H and SMPL-X, by their joint count.
FINGER_JOINTS = {
    52: dict(zip(HAND_BONES, (22, 28, 37, 43), strict=True)),
    55: dict(zip(HAND_BONES, (25, 31, 40, 46), strict=True)),
}
# SMPL's hand joint lies where the middle finger leaves the palm. At rest palms face down, and the
# index finger is the one in front: shares of the way from wrist to hand, along it and forward.
PLACES = {"index": (0.83, 0.32), "little": (0.80, -0.30)}


def hand_base(model: BodyModel, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A finger's base at rest (3,), metres, and how it follows betas (3, B).

    Args:
        model: Any body in SMPL's layout.
        name: A key of ``HAND_BONES``.
    """
    fingers = FINGER_JOINTS.get(model.joint_count)
    if fingers is not None:
        joint = fingers[name]
        return model.rest_joints[joint], model.joint_shapedirs[joint]
    wrist = HAND_BONES[name]
    # The hand's joint, which bodies of other counts lack, follows two after the wrist's.
    hand = wrist + 2 if model.joint_count == SMPL_JOINT_COUNT else wrist
    along, forward = next(place for finger, place in PLACES.items() if finger in name)
    palm = model.rest_joints[hand] - model.rest_joints[wrist]
    place = model.rest_joints[wrist] + along * palm
    place[2] += forward * np.linalg.norm(palm)
    shapes = model.joint_shapedirs
    return place, (1 - along) * shapes[wrist] + along * shapes[hand]
