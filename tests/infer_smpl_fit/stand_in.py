"""A small body in SMPL's layout that needs no file, and keypoints as a detector would see them."""

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.conventions import (
    LANDMARK_BONES,
    SMPL_JOINTS,
    SMPL_PARENTS,
    convention_of,
)
from infer_smpl_fit.smpl_body.model import BodyModel, posed_vertices, world_transforms
from infer_smpl_fit.smpl_fitting.rig import landmark_vertex

# Left side and middle; metres.
REST = {
    "pelvis": (0, -0.22, 0.03), "left_hip": (0.06, -0.31, 0.015), "spine1": (0, -0.11, 0.0),
    "left_knee": (0.105, -0.69, 0.015), "spine2": (0, 0.03, 0.0),
    "left_ankle": (0.09, -1.09, -0.03),
    "spine3": (0, 0.085, 0.005), "left_foot": (0.12, -1.15, 0.09), "neck": (0, 0.3, -0.03),
    "left_collar": (0.075, 0.205, -0.025), "head": (0, 0.365, 0.015),
    "left_shoulder": (0.175, 0.235, -0.035), "left_elbow": (0.43, 0.22, -0.06),
    "left_wrist": (0.68, 0.23, -0.06), "left_hand": (0.765, 0.22, -0.07),
    "nose": (0, 0.4, 0.13), "left_eye": (0.032, 0.44, 0.1), "left_ear": (0.075, 0.42, 0.01),
    "left_big_toe": (0.095, -1.16, 0.17), "left_small_toe": (0.165, -1.16, 0.12),
    "left_heel": (0.085, -1.16, -0.08), "head_top": (0, 0.58, 0.02),
}  # fmt: skip
LIMBS = ("knee", "ankle", "foot", "elbow", "wrist", "hand", "toe", "heel")


def _place(name: str) -> np.ndarray:
    mirrored = name.startswith("right_")
    place = np.array(REST[name.replace("right_", "left_")], float)
    return place * (-1, 1, 1) if mirrored else place


def stand_in_body(shapes: int = 10) -> BodyModel:
    """One vertex a joint and landmark; shapes scale height, legs, arms, torso, widths."""
    names = (*SMPL_JOINTS, *LANDMARK_BONES)
    template = np.array([_place(name) for name in names])
    bones = np.array([*range(24), *LANDMARK_BONES.values()])
    weights = np.eye(24)[bones]
    directions = np.zeros((len(names), 3, shapes))
    directions[..., 0] = 0.05 * template
    below = np.minimum(template[:, 1] + 0.31, 0)
    directions[:, 1, 1] = 0.04 * below
    out = np.sign(template[:, 0]) * np.maximum(np.abs(template[:, 0]) - 0.175, 0)
    directions[:, 0, 2] = 0.04 * out
    directions[:, 1, 3] = 0.04 * np.maximum(template[:, 1] + 0.2, 0)
    directions[:, 0, 4] = 0.04 * np.clip(template[:, 0], -0.175, 0.175)
    directions[:, 0, 5] = 0.05 * np.clip(template[:, 0], -0.06, 0.06)
    directions[:, 1, 6] = 0.02 * np.minimum(template[:, 1] + 0.69, 0)
    directions[:, 0, 7] = 0.02 * np.sign(out) * np.maximum(np.abs(template[:, 0]) - 0.43, 0)
    head = np.isin(bones, (12, 15))
    directions[head, :, 8] = 0.03 * (template[head] - _place("head"))
    directions[head, 2, 9] = 0.03 * template[head, 2]
    return BodyModel(
        name="stand-in",
        gender="neutral",
        is_builtin=True,
        v_template=template,
        shapedirs=directions,
        posedirs=np.zeros((len(names), 3, 9 * 23)),
        J_regressor=np.eye(24, len(names)),
        weights=weights,
        parents=np.array(SMPL_PARENTS),
        faces=np.zeros((0, 3), int),
        landmarks={name: 24 + i for i, name in enumerate(LANDMARK_BONES)},
    )


def joints_of(model, poses, transl, betas=None, scaling=1.0):
    """(F, K, 3): the body's joints, metres."""
    betas = np.zeros(model.beta_count) if betas is None else betas
    rotations = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix()
    rotations = rotations.reshape(len(poses), -1, 3, 3)
    places = world_transforms(rotations, model.joints(betas), model.parents)[1]
    return scaling * places + transl[:, None]


def keypoints_of(model, name, poses, transl, betas=None):
    """(F, J, 3): what a perfect detector sees, landmarks from the skinned mesh."""
    betas = np.zeros(model.beta_count) if betas is None else betas
    joints = joints_of(model, poses, transl, betas)
    count = {"coco17": 17, "body25": 25, "body25b": 25, "smpl24": 24, "h36m17": 17}[name]
    out = np.full((len(poses), count, 3), np.nan)
    for column, source in enumerate(convention_of(name, count).sources):
        if source is None:
            continue
        if source.joints:
            out[:, column] = joints[:, list(source.joints)].mean(axis=1)
        else:
            chosen = np.array([landmark_vertex(model, source.landmark)])
            out[:, column] = posed_vertices(model, poses, betas, transl, chosen=chosen)[:, 0]
    return out
