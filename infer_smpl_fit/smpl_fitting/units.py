"""The keypoints' unit and the body's proportions, from the lengths of limbs."""

from __future__ import annotations

import numpy as np

from ..smpl_body.conventions import Convention
from .rig import Rig

UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
# Joints whose distance does not depend on the pose.
LIMBS = (
    (1, 4), (4, 7), (2, 5), (5, 8), (16, 18), (18, 20), (17, 19), (19, 21), (1, 2),
)  # fmt: skip
# Standard deviation of a limb's length that is left beside the body's own shapes, metres.
LENGTH_SPREAD = 0.01
# Sizes of people: a grown-up of 1.7 m is 1; beyond these the unit is doubtful.
SMALLEST, LARGEST = 0.4, 1.6


def limb_lengths(
    convention: Convention, rig: Rig, keypoints: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Median lengths of the limbs that are seen.

    Args:
        convention: Of the keypoints.
        rig: Its keypoints.
        keypoints: (F, J, 3), NaN where missing.

    Returns:
        Pairs (L, 2) of the rig's keypoints and lengths (L,) in the keypoints' unit.
    """
    place = {int(column): n for n, column in enumerate(rig.columns)}
    pairs, lengths = [], []
    for ends in LIMBS:
        first, second = (place.get(_column(convention, joint)) for joint in ends)
        if first is None or second is None:
            continue
        a, b = (keypoints[:, rig.columns[n]] for n in (first, second))
        distance = np.linalg.norm(a - b, axis=1)
        distance = distance[np.isfinite(distance)]
        if len(distance) and np.median(distance) > 0:
            pairs.append((first, second))
            lengths.append(np.median(distance))
    return np.array(pairs, int).reshape(-1, 2), np.array(lengths)


def _column(convention: Convention, joint: int) -> int:
    found = convention.of_joint(joint)
    return -1 if found is None else found


def size_of(rig: Rig, pairs: np.ndarray, lengths: np.ndarray) -> float:
    """How many times as long as the body's own limbs (L,) are; 1 where none is seen."""
    return float(np.median(lengths / _rest_lengths(rig, pairs))) if len(pairs) else 1.0


def unit_of(rig: Rig, pairs: np.ndarray, lengths: np.ndarray) -> str:
    """The unit in which the person comes nearest to the body's size.

    Raises:
        ValueError: No limb is seen at both ends.
    """
    if not len(pairs):
        raise ValueError(
            "no limb is seen at both ends, so the unit cannot be told: set units to m, cm or mm"
        )
    size = size_of(rig, pairs, lengths)
    return min(UNITS, key=lambda unit: abs(np.log(size / UNITS[unit])))


def _rest_lengths(rig: Rig, pairs: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rig.anchors[pairs[:, 0]] - rig.anchors[pairs[:, 1]], axis=1)


def shape_from_limbs(rig: Rig, pairs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Betas (B,) whose limbs come nearest to the lengths in metres, drawn to the mean shape."""
    betas = np.zeros(rig.joint_shapes.shape[2])
    if not len(pairs):
        return betas
    shapes = rig.anchor_shapes[pairs[:, 0]] - rig.anchor_shapes[pairs[:, 1]]
    for _ in range(3):
        _, anchors = rig.rest(betas)
        limbs = anchors[pairs[:, 0]] - anchors[pairs[:, 1]]
        current = np.linalg.norm(limbs, axis=1)
        jacobian = np.einsum("la,lab->lb", limbs / current[:, None], shapes) / LENGTH_SPREAD
        wanted = (lengths - current) / LENGTH_SPREAD + jacobian @ betas
        betas = np.linalg.solve(jacobian.T @ jacobian + np.eye(len(betas)), jacobian.T @ wanted)
    return betas


def scale_from_limbs(rig: Rig, pairs: np.ndarray, lengths: np.ndarray) -> float:
    """The one factor that takes the mean shape's limbs to the lengths in metres."""
    if not len(pairs):
        return 1.0
    rest = _rest_lengths(rig, pairs)
    return float(rest @ lengths / (rest @ rest))
