"""Dances whose forearms twist, and a detector's keypoints of hands, as the skin has them."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from development.synthetic.body_capture import keypoints_of
from development.synthetic.motion import dance
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from infer_smpl_fit.smpl_body.hands import HAND_BONES
from infer_smpl_fit.smpl_body.model import (
    BodyModel,
    local_rotations,
    posed_vertices,
    world_transforms,
)

ELBOWS, WRISTS = (18, 19), (20, 21)
# The twist's middle and reach in radians, and its turns a second.
TWIST, REACH, RATE = 0.6, 0.9, 0.5
# Where index and little finger begin on the back of the built-in body's hand, read off a picture of
# its mesh: metres outwards and downwards from the wrist, and forwards or backwards.
OUTWARDS, DOWNWARDS, ACROSS = 0.085, 0.02, 0.032


def twisting_dance(
    model: BodyModel, seed: int, frames: int, fps: float = 60.0
) -> tuple[np.ndarray, np.ndarray]:
    """Poses (F, 24, 3) and transl (F, 3) of a dance whose forearms turn palms in and out."""
    poses, transl = dance(seed, frames, fps, rest_joints=model.rest_joints)
    rng = np.random.default_rng((seed, 18))
    for elbow, side in zip(ELBOWS, (1, -1), strict=True):
        turns = 2 * np.pi * (RATE * np.arange(frames) / fps + rng.random())
        twist = np.zeros((frames, 3))
        twist[:, 0] = side * (TWIST + REACH * np.sin(turns))
        twisted = Rotation.from_rotvec(poses[:, elbow]) * Rotation.from_rotvec(twist)
        poses[:, elbow] = twisted.as_rotvec()
    return poses, transl


def hand_columns(convention: str) -> list[int]:
    """Which keypoints of a convention are the bases of index and little fingers."""
    names = CONVENTIONS[convention].keypoints
    return [index for index, name in enumerate(names) if name in HAND_BONES]


def keypoints_with_knuckles(
    model: BodyModel, poses: np.ndarray, transl: np.ndarray, *, convention: str
) -> np.ndarray:
    """(F, J, 3) metres: a convention's keypoints, with those of hands on the skin."""
    points = keypoints_of(model, poses, transl, convention=convention)
    names, betas = CONVENTIONS[convention].keypoints, np.zeros(model.beta_count)
    for column in hand_columns(convention):
        vertex = np.array([_knuckle(model, names[column])])
        skin = posed_vertices(model, poses, betas=betas, transl=transl, vertices=vertex)
        points[:, column] = skin[:, 0]
    return points


def hand_errors(model: BodyModel, true: np.ndarray, found: np.ndarray) -> np.ndarray:
    """(F, 2): degrees between the turns in the world of both hands in poses (F, 24, 3)."""
    turns = [
        world_transforms(local_rotations(poses), model.rest_joints, model.parents)[0][:, WRISTS]
        for poses in (true, found)
    ]
    between = turns[0].swapaxes(-1, -2) @ turns[1]
    return np.degrees(Rotation.from_matrix(between.reshape(-1, 3, 3)).magnitude()).reshape(-1, 2)


def _knuckle(model: BodyModel, name: str) -> int:
    wrist = model.rest_joints[HAND_BONES[name]]
    across = ACROSS if "index" in name else -ACROSS
    place = wrist + np.array([np.sign(wrist[0]) * OUTWARDS, -DOWNWARDS, across])
    return int(np.linalg.norm(model.v_template - place, axis=1).argmin())
