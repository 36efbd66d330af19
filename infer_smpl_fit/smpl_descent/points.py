"""The points that AIST++ compares, and a body of those alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..smpl_body.conventions import Convention
from ..smpl_body.model import SMPL_JOINT_COUNT, BodyModel

# AIST++'s 21 points (run_estimate_smpl): which of smplx's joints each is, of which those from 24 on
# are vertices. Its own list for OpenPose's 25 compares that one's right side with SMPL's left; here
# sides go by their names.
POINTS = {
    "nose": 24,
    "left_shoulder": 16, "left_elbow": 18, "left_wrist": 20,
    "right_shoulder": 17, "right_elbow": 19, "right_wrist": 21,
    "left_hip": 1, "left_knee": 4, "left_ankle": 7,
    "right_hip": 2, "right_knee": 5, "right_ankle": 8,
    "left_eye": 26, "right_eye": 25, "left_ear": 28, "right_ear": 27,
    "right_big_toe": 32, "right_heel": 34, "left_big_toe": 29, "left_heel": 31,
}  # fmt: skip
# smplx's names of those vertices, in the order of its joints from 24 on.
VERTICES = {
    "nose": "nose",
    "reye": "right_eye", "leye": "left_eye", "rear": "right_ear", "lear": "left_ear",
    "LBigToe": "left_big_toe", "LSmallToe": "left_small_toe", "LHeel": "left_heel",
    "RBigToe": "right_big_toe", "RSmallToe": "right_small_toe", "RHeel": "right_heel",
}  # fmt: skip


def compared_points(convention: Convention) -> tuple[list[int], list[int]]:
    """Which keypoints of a convention AIST++ compares, and with which of smplx's joints.

    Raises:
        ValueError: It has none of them.
    """
    pairs = [
        (column, POINTS[name]) for column, name in enumerate(convention.keypoints) if name in POINTS
    ]
    if not pairs:
        raise ValueError(
            f"{convention.name} has none of the points that engine=smplx compares "
            f"({', '.join(POINTS)}): set engine=native"
        )
    return [column for column, _ in pairs], [joint for _, joint in pairs]


def reduced(model: BodyModel) -> tuple[BodyModel, dict[str, int]]:
    """A body of 24 joints whose vertices are those alone that smplx takes for keypoints.

    smplx makes the joints out of all vertices at rest, so that here the joints at rest stand before
    the vertices. Whatever is computed from the result is what the whole mesh would give, at a small
    part of its cost.

    Returns:
        The body, and smplx's names of its vertices.
    """
    chosen = [model.landmarks[name] for name in VERTICES.values()]
    joints = SMPL_JOINT_COUNT
    correctives = model.posedirs.shape[2]
    body = replace(
        model,
        v_template=np.concatenate([model.rest_joints, model.v_template[chosen]]),
        shapedirs=np.concatenate([model.joint_shapedirs, model.shapedirs[chosen]]),
        posedirs=np.concatenate([np.zeros((joints, 3, correctives)), model.posedirs[chosen]]),
        J_regressor=np.eye(joints, joints + len(chosen)),
        weights=np.concatenate([np.eye(joints), model.weights[chosen]]),
        faces=np.zeros((1, 3), np.int64),
    )
    return body, {name: joints + index for index, name in enumerate(VERTICES)}
