"""A body in SMPL's array layout, and its forward pass in numpy (Loper et al., 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation


@dataclass(frozen=True)
class BodyModel:
    """What every SMPL-like file holds, as plain arrays.

    Attributes:
        name: What the report calls it.
        gender: male, female or neutral.
        is_builtin: The licence-free body, whose betas mean nothing outside.
        v_template: float64 (N, 3), metres, the T-pose.
        shapedirs: float64 (N, 3, B).
        posedirs: float64 (N, 3, 9 * (K - 1)); all zero where the body has no pose correctives.
        J_regressor: float64 (K, N).
        weights: float64 (N, K), skinning.
        parents: int (K,), -1 for the root; parents come before their children.
        faces: int (M, 3).
        landmarks: Vertex of each landmark by name (nose, left_eye, ..., right_heel).
    """

    name: str
    gender: str
    is_builtin: bool
    v_template: np.ndarray
    shapedirs: np.ndarray
    posedirs: np.ndarray
    J_regressor: np.ndarray
    weights: np.ndarray
    parents: np.ndarray
    faces: np.ndarray
    landmarks: dict[str, int]

    @property
    def joint_count(self) -> int:
        return len(self.parents)

    @property
    def beta_count(self) -> int:
        return self.shapedirs.shape[2]

    @cached_property
    def rest_joints(self) -> np.ndarray:
        """(K, 3): joints of the mean shape."""
        return self.J_regressor @ self.v_template

    @cached_property
    def joint_shapedirs(self) -> np.ndarray:
        """(K, 3, B): how the joints follow betas."""
        return np.einsum("kn,nab->kab", self.J_regressor, self.shapedirs)

    @cached_property
    def has_correctives(self) -> bool:
        """Whether poses change the shape beyond skinning."""
        return bool(self.posedirs.any())

    def vertices(self, betas: np.ndarray) -> np.ndarray:
        """(N, 3): the T-pose of a shape (B,)."""
        return self.v_template + self.shapedirs @ betas

    def joints(self, betas: np.ndarray) -> np.ndarray:
        """(K, 3): the T-pose's joints of a shape (B,)."""
        return self.rest_joints + self.joint_shapedirs @ betas


def world_transforms(
    rotations: np.ndarray, joints: np.ndarray, parents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Forward kinematics.

    Args:
        rotations: (F, K, 3, 3), local, world to joint's parent frame.
        joints: (K, 3), rest positions.
        parents: (K,).

    Returns:
        Global rotations (F, K, 3, 3) and joint positions (F, K, 3); the root stays at its rest
        place, as in SMPL.
    """
    world = np.empty_like(rotations)
    places = np.empty((*rotations.shape[:2], 3))
    for joint, parent in enumerate(parents):
        if parent < 0:
            world[:, joint] = rotations[:, joint]
            places[:, joint] = joints[joint]
        else:
            world[:, joint] = world[:, parent] @ rotations[:, joint]
            bone = joints[joint] - joints[parent]
            places[:, joint] = places[:, parent] + world[:, parent] @ bone
    return world, places


def posed_vertices(
    model: BodyModel,
    poses: np.ndarray,
    betas: np.ndarray,
    transl: np.ndarray,
    scaling: float = 1.0,
    chosen: np.ndarray | slice = slice(None),
) -> np.ndarray:
    """Skin the body.

    Args:
        poses: (F, K, 3) axis-angle.
        betas: (B,).
        transl: (F, 3), added after scaling.
        scaling: As in AIST++: x = scaling * body + transl.
        chosen: Vertices to compute; all by default.

    Returns:
        (F, N', 3).
    """
    frames = len(poses)
    rotations = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix()
    rotations = rotations.reshape(frames, -1, 3, 3)
    joints = model.joints(betas)
    world, places = world_transforms(rotations, joints, model.parents)
    shaped = model.v_template[chosen] + model.shapedirs[chosen] @ betas
    shaped = np.broadcast_to(shaped, (frames, *shaped.shape))
    if model.has_correctives:
        features = (rotations[:, 1:] - np.eye(3)).reshape(frames, -1)
        shaped = shaped + np.einsum("nap,fp->fna", model.posedirs[chosen], features)
    offsets = places - np.einsum("fkab,kb->fka", world, joints)
    weights = model.weights[chosen]
    blended = np.einsum("nk,fkab->fnab", weights, world)
    moved = np.einsum("fnab,fnb->fna", blended, shaped) + np.einsum("nk,fka->fna", weights, offsets)
    return scaling * moved + transl[:, None]
