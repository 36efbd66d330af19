"""Feet that no keypoint shows: flat where they stand on the ground, hanging where they do not."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..smpl_body.conventions import SMPL_JOINTS
from ..smpl_body.model import SHARED_JOINT_COUNT
from .rotations import exponential, unit

# Hip, knee and ankle of each leg.
LEGS = ((1, 4, 7), (2, 5, 8))
BODY_UP = np.array((0.0, 1.0, 0.0))
# An ankle gives way about so far, in radians.
REACH = 0.9
# A foot that hangs points down by so much: at rest an ankle is plantarflexed by 10 to 30 degrees.
HANGING = np.array((0.25, 0.0, 0.0))
# Cosines of a shin's lean, and metres of an ankle above its lowest: from a foot that hangs to one
# that stands.
LEANING, UPRIGHT = 0.3, 0.7
LIFTED, LOW = 0.4, 0.2
HEAD, ANKLES, WRISTS = SMPL_JOINTS.index("head"), [7, 8], [20, 21]
# Hands that carry somebody are beyond the head and rest, while the feet do not.
RESTING_METRES_A_SECOND, LOW_PASS_SECONDS = 0.2, 0.1


def place_unseen_feet(
    rotations: np.ndarray,
    world: np.ndarray,
    joints: np.ndarray,
    active: np.ndarray,
    *,
    up: np.ndarray,
) -> np.ndarray:
    """Bend ankles that the fit left at rest.

    Someone who stands on bent knees has the feet on the floor; a body with the ankles at rest
    stands on its heels there.

    Args:
        rotations: (F, K, 3, 3), local.
        world: (F, K, 3, 3), the same, global.
        joints: (F, K, 3), metres.
        active: (A,), joints that the fit rotated.
        up: (3,), away from the ground.

    Returns:
        (F, K, 3, 3).
    """
    placed = rotations.copy()
    heights = joints @ up
    floor = np.percentile(heights[:, :SHARED_JOINT_COUNT].min(axis=1), 5)
    for _, knee, ankle in LEGS:
        if ankle in active or knee not in active:
            continue
        shin = world[:, knee]
        axis = shin.swapaxes(-1, -2) @ up
        stands = _eased(axis[:, 1], LEANING, UPRIGHT)
        stands *= _eased(heights[:, ankle] - floor, LIFTED, LOW)
        bend = stands[:, None] * _levelling(axis) + (1 - stands[:, None]) * HANGING
        placed[:, ankle] = exponential(bend)
    return placed


def guessed_up(joints: np.ndarray, world: np.ndarray, fps: float) -> np.ndarray:
    """(3,): as the trunk stands, or its opposite of somebody who stands on the hands.

    Nothing in keypoints alone tells lying from standing.

    Args:
        joints: (F, K, 3), metres.
        world: (F, K, 3, 3), global rotations.
        fps: Frames a second.
    """
    trunk = unit((world[:, 0] @ BODY_UP).mean(axis=0))
    if len(joints) < 2:
        return trunk
    heights = joints @ trunk
    are_beyond = heights[:, WRISTS].min(axis=1) > heights[:, HEAD]
    smooth = gaussian_filter1d(joints, LOW_PASS_SECONDS * fps, axis=0, mode="nearest")
    speeds = np.linalg.norm(np.gradient(smooth, axis=0), axis=2) * fps
    rest = speeds < RESTING_METRES_A_SECOND
    carry = np.mean(are_beyond & rest[:, WRISTS].all(axis=1))
    return -trunk if carry > max(0.5, np.mean(rest[:, ANKLES].any(axis=1))) else trunk


def _levelling(up: np.ndarray) -> np.ndarray:
    """(F, 3): the smallest rotation that levels a foot; ``up`` (F, 3) is in the shin's frame."""
    axis = np.cross(np.broadcast_to(BODY_UP, up.shape), up)
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, up[:, 1])
    return axis * (REACH * np.tanh(angle / REACH) / np.maximum(sine, 1e-9))[:, None]


def _eased(values: np.ndarray, none: float, full: float) -> np.ndarray:
    """0 up to ``none``, 1 from ``full``, smooth between."""
    share = np.clip((values - none) / (full - none), 0, 1)
    return share * share * (3 - 2 * share)
