"""Feet that no keypoint shows: level with the pelvis' ground rather than square to the shin."""

from __future__ import annotations

import numpy as np

from .rotations import exponential

# Hip, knee and ankle of each leg.
LEGS = ((1, 4, 7), (2, 5, 8))
# An ankle gives way about so far, in radians.
REACH = 0.6
UP = np.array((0.0, 1.0, 0.0))


def level_unobserved_feet(rotations: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Bend ankles that the fit left at rest against the lean of their shins.

    Someone who stands on bent knees has the feet on the floor; a body with the ankles at rest
    stands on its heels there.

    Args:
        rotations: (F, K, 3, 3), local.
        active: (A,), joints that the fit rotated.

    Returns:
        (F, K, 3, 3).
    """
    levelled = rotations.copy()
    for hip, knee, ankle in LEGS:
        if ankle in active or knee not in active:
            continue
        shin = rotations[:, hip] @ rotations[:, knee]
        # The smallest rotation that makes the shin's long axis upright again, in the shin's frame.
        upright = shin.swapaxes(-1, -2) @ UP
        axis = np.cross(np.broadcast_to(UP, upright.shape), upright)
        sine = np.linalg.norm(axis, axis=-1)
        angle = np.arctan2(sine, upright[:, 1])
        bend = axis * (REACH * np.tanh(angle / REACH) / np.maximum(sine, 1e-9))[:, None]
        levelled[:, ankle] = exponential(bend)
    return levelled
