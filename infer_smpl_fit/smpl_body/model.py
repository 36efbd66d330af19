"""A body in SMPL's array layout, and its forward pass in numpy (Loper et al., 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

SMPL_JOINT_COUNT = 24
# SMPL, SMPL-H and SMPL-X have their first joints in common; beyond them are hands and a face.
SHARED_JOINT_COUNT = 22


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
    def body_joint_count(self) -> int:
        """How many of the joints, the first, are SMPL's: all 24, or the 22 that all kinds share."""
        return SMPL_JOINT_COUNT if self.joint_count == SMPL_JOINT_COUNT else SHARED_JOINT_COUNT

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
        rotations: (F, K, 3, 3), local, from each joint's frame to its parent's.
        joints: (K, 3), rest positions.
        parents: (K,).

    Returns:
        Global rotations (F, K, 3, 3) and joint positions (F, K, 3); the root stays at its rest
        position, as in SMPL.
    """
    world = np.empty_like(rotations)
    positions = np.empty((*rotations.shape[:2], 3))
    for joint, parent in enumerate(parents):
        if parent < 0:
            world[:, joint] = rotations[:, joint]
            positions[:, joint] = joints[joint]
        else:
            world[:, joint] = world[:, parent] @ rotations[:, joint]
            bone = joints[joint] - joints[parent]
            positions[:, joint] = positions[:, parent] + world[:, parent] @ bone
    return world, positions


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M, 3): normals of triangles (M, 3), outwards, twice as long as their areas."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return np.cross(b - a, c - a)


def local_rotations(poses: np.ndarray) -> np.ndarray:
    """(F, K, 3) axis-angle to matrices (F, K, 3, 3)."""
    return Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(*poses.shape, 3)


def posed_vertices(
    model: BodyModel,
    poses: np.ndarray,
    *,
    betas: np.ndarray,
    transl: np.ndarray,
    scaling: float = 1.0,
    vertices: np.ndarray | slice = slice(None),
) -> np.ndarray:
    """Skin the body.

    Args:
        model: The body.
        poses: (F, K, 3) axis-angle.
        betas: (B,).
        transl: (F, 3), added after scaling.
        scaling: As in AIST++: x = scaling * body + transl.
        vertices: Which ones to compute; all by default.

    Returns:
        (F, N', 3).
    """
    frames = len(poses)
    rotations = local_rotations(poses)
    joints = model.joints(betas)
    world, positions = world_transforms(rotations, joints, model.parents)
    # tensordot makes one product of it; @ makes one a vertex.
    shaped = model.v_template[vertices] + np.tensordot(model.shapedirs[vertices], betas, 1)
    # From here on coordinate by coordinate, as planes of all vertices: products of small matrices,
    # one a vertex, take three times as long.
    planes = np.ascontiguousarray(shaped.T)[None]
    if model.has_correctives:
        features = (rotations[:, 1:] - np.eye(3)).reshape(frames, -1)
        planes = planes + np.einsum("nap,fp->fan", model.posedirs[vertices], features)
    offsets = positions - np.einsum("fkab,kb->fka", world, joints)
    # One product of matrices blends rotations and offsets; einsum would loop.
    affine = np.concatenate([world, offsets[..., None]], axis=-1)
    flat = affine.reshape(frames, model.joint_count, 12).swapaxes(1, 2)
    blended = (flat @ model.weights[vertices].T).reshape(frames, 3, 4, -1)
    skinned = blended[:, :, 3]
    for axis in range(3):
        skinned += blended[:, :, axis] * planes[:, None, axis]
    return np.ascontiguousarray(scaling * skinned.swapaxes(1, 2) + transl[:, None])
