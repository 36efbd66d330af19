"""The world that a motion lives in: its unit, its upward axis, and how it is rotated."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

# How many make a metre.
UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
# Directions by name: x, y, z, -x, -y, -z.
AXES = {
    sign + axis: (-1.0 if sign else 1.0) * np.eye(3)[index]
    for sign in ("", "-")
    for index, axis in enumerate("xyz")
}
Y_UP_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def rotation_to_y_up(up: str) -> np.ndarray:
    """(3, 3): the rotation that brings the axis ``up``, a key of AXES, to y by the shortest way."""
    if up == "-y":
        return np.diag([1.0, -1.0, -1.0])
    axis = np.cross(AXES[up], AXES["y"])
    return Rotation.from_rotvec(axis * np.pi / 2).as_matrix()


def rotate_world(
    rotation: np.ndarray,
    poses: np.ndarray,
    transl: np.ndarray,
    *,
    pelvis: np.ndarray,
    scaling: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Pose and translation of the same motion in a rotated world.

    The root rotates about the pelvis' rest position, which is not the origin, so the translation
    has to make up for it.

    Args:
        rotation: (3, 3), old world to new.
        poses: (F, K, 3), axis-angle.
        transl: (F, 3), added after scaling.
        pelvis: (3,), rest position of joint 0 of the shaped body, unscaled.
        scaling: As in AIST++: x = scaling * body + transl.

    Returns:
        Poses (F, K, 3) and translations (F, 3).
    """
    rotated = poses.copy()
    root = Rotation.from_matrix(rotation) * Rotation.from_rotvec(poses[:, 0])
    rotated[:, 0] = root.as_rotvec()
    pivot = scaling * pelvis
    return rotated, (pivot + transl) @ rotation.T - pivot
