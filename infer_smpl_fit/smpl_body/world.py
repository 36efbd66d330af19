"""Turn the world that a motion lives in."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

Y_UP_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
Z_UP_TO_Y_UP = Y_UP_TO_Z_UP.T


def turn_world(
    turn: np.ndarray,
    poses: np.ndarray,
    transl: np.ndarray,
    pelvis: np.ndarray,
    scaling: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Pose and place of the same motion in a turned world.

    The root turns about the pelvis' rest place, which is not the origin, so the translation has
    to make up for it.

    Args:
        turn: (3, 3), old world to new.
        poses: (F, K, 3), axis-angle.
        transl: (F, 3), added after scaling.
        pelvis: (3,), rest place of joint 0 of the shaped body, unscaled.
        scaling: As in AIST++: x = scaling * body + transl.

    Returns:
        Poses (F, K, 3) and translations (F, 3).
    """
    turned = poses.copy()
    root = Rotation.from_matrix(turn) * Rotation.from_rotvec(poses[:, 0])
    turned[:, 0] = root.as_rotvec()
    pivot = scaling * pelvis
    return turned, (pivot + transl) @ turn.T - pivot
