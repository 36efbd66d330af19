"""What a fit says about itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..smpl_body.conventions import SMPL_JOINTS, Convention
from .jacobian import State, forward
from .priors import joint_priors
from .residuals import Observations
from .rig import Rig
from .rotations import logarithm

# Farther than this from the fit, a keypoint has next to no weight.
OUTLIER_METRES = 0.10
# A limb is unobserved when the joint that moves it is.
LIMBS = {
    "left_arm": 16, "right_arm": 17, "left_forearm": 18, "right_forearm": 19, "left_hand": 20,
    "right_hand": 21, "left_leg": 1, "right_leg": 2, "left_shin": 4, "right_shin": 5,
    "left_foot": 7, "right_foot": 8, "head": 15,
}  # fmt: skip


def residual_report(
    rig: Rig, convention: Convention, state: State, seen: Observations, gated: np.ndarray
) -> dict[str, Any]:
    """Distances between keypoints and fit, and shares of what is missing or wrong.

    Args:
        rig: The skeleton.
        convention: Of the keypoints.
        state: The fit.
        seen: What it was fitted to.
        gated: bool (F, N), keypoints that were seen but not believed.
    """
    away = 1000 * np.linalg.norm(forward(rig, state).points - seen.targets, axis=2)
    used = seen.weights > 0
    names = [convention.keypoints[column] for column in rig.columns]
    each = {
        name: round(float(away[used[:, n], n].mean()), 2)
        for n, name in enumerate(names)
        if used[:, n].any()
    }
    observed = used | gated
    wrong = gated | (used & (away > 1000 * OUTLIER_METRES))
    return {
        "residual_mean_mm": round(float(away[used].mean()), 2),
        "residual_p95_mm": round(float(np.percentile(away[used], 95)), 2),
        "residual_per_keypoint_mm": each,
        "outlier_share": round(float(wrong.sum() / max(observed.sum(), 1)), 4),
    }


def mean_square(rig: Rig, state: State, seen: Observations) -> float:
    """AIST++'s loss in square metres: mean squared difference of a coordinate.

    AIST++ puts the keypoints on the body itself, so the offsets that the fit found do not count.
    """
    on_body = forward(rig, replace(state, offsets=np.zeros_like(state.offsets))).points
    return float(np.square(on_body - seen.targets)[seen.weights > 0].mean())


def limit_hits(rotations: np.ndarray, active: np.ndarray) -> tuple[float, dict[str, float]]:
    """Share of the joints' frames (F, K, 3, 3) beyond a limit, in all and by joint."""
    joints = active[active > 0]
    if not len(joints):
        return 0.0, {}
    priors = joint_priors(joints)
    vectors = logarithm(rotations[:, joints])
    beyond = ((vectors < priors.lowest) | (vectors > priors.highest)).any(axis=2)
    shares = beyond.mean(axis=0)
    by_joint = {
        SMPL_JOINTS[joint]: round(float(share), 4)
        for joint, share in zip(joints, shares, strict=True)
        if share > 0 and joint < len(SMPL_JOINTS)
    }
    return round(float(beyond.mean()), 4), by_joint


def unobserved(rig: Rig, could_be: Rig) -> tuple[list[str], list[str]]:
    """Limbs that the convention shows but the data never do, and all joints left at rest."""
    active, possible = set(rig.active.tolist()), set(could_be.active.tolist())
    limbs = [name for name, joint in LIMBS.items() if joint in possible - active]
    joints = [name for joint, name in enumerate(SMPL_JOINTS) if joint not in active]
    return limbs, joints
