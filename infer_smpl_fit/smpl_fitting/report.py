"""What a fit says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from ..smpl_body.conventions import SMPL_JOINTS
from ..smpl_body.model import BodyModel
from .gaps import gaps_of
from .kinematics import State, forward
from .objective import Observations
from .preparation import Problem
from .priors import joint_priors
from .proportions import LARGEST, SMALLEST
from .rig import Rig, rig_of, spans_plane
from .rotations import logarithm

# Farther than this from the fit, a keypoint has next to no weight.
OUTLIER_METRES = 0.10
# A body that misses its keypoints by more than this, and by more than twice what they tremble by
# themselves, is no fit, in metres; beyond the second it is no tremble.
MISFIT_METRES, MOST_NOISE_METRES = 0.03, 0.02
# Of the frames; fewer are outliers.
MISFIT_SHARE = 0.1
# A limb is unobserved when the joint that moves it is.
LIMBS = {
    "left_arm": 16, "right_arm": 17, "left_forearm": 18, "right_forearm": 19, "left_hand": 20,
    "right_hand": 21, "left_leg": 1, "right_leg": 2, "left_shin": 4, "right_shin": 5,
    "left_foot": 7, "right_foot": 8, "head": 15,
}  # fmt: skip


def report_of(
    model: BodyModel, problem: Problem, state: State, *, is_mirrored: bool
) -> dict[str, Any]:
    """Numbers and warnings about a fit, made of plain types."""
    rig = problem.rig
    limbs, joints = unobserved(rig, rig_of(model, rig.convention))
    hits, hits_by_joint = limit_hits(state.rotations, rig.active)
    gaps = gaps_of(problem.valid)
    report = residual_report(problem, state) | {
        "body": model.name,
        "convention": rig.convention.name,
        "missing_share": round(problem.missing_share, 4),
        "unit": problem.unit,
        "scale": round(state.scaling, 5),
        "aist_loss": aist_loss(problem, state) * UNITS_PER_METRE[problem.unit] ** 2,
        "beta_norm": round(float(np.linalg.norm(state.betas)), 4),
        "limit_hits_share": hits,
        "limit_hits_per_joint": hits_by_joint,
        "unobserved_limbs": limbs,
        "unobserved_joints": joints,
        "gaps": [{"first_frame": begin, "frames": length} for begin, length in gaps],
        "longest_gap_frames": max((length for _, length in gaps), default=0),
        "valid_share": round(float(problem.valid.mean()), 4),
        "valid": problem.valid.tolist(),
        "mirrored_labels": is_mirrored,
    }
    warnings = warnings_of(report, problem.size)
    if not spans_plane(rig.anchors):
        warnings.append("what is seen lies on one line: how the body is turned about it is a guess")
    return report | {"warnings": warnings}


def residual_report(problem: Problem, state: State) -> dict[str, Any]:
    """Distances between keypoints and fit, and the share of outliers."""
    points = forward(problem.rig, state).points
    millimetres = 1000 * np.linalg.norm(points - problem.observations.targets, axis=2)
    used = problem.observations.is_observed
    by_keypoint = {
        problem.rig.convention.keypoints[column]: round(float(millimetres[used[:, n], n].mean()), 2)
        for n, column in enumerate(problem.rig.columns)
        if used[:, n].any()
    }
    noise = 1000 * keypoint_noise(problem.observations)
    # A distance in space is 1.6 times the deviation of a coordinate.
    limit = 1000 * MISFIT_METRES + 2 * 1.6 * noise
    by_frame = (millimetres * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
    observed = used | problem.outliers
    outliers = problem.outliers | (used & (millimetres > 1000 * OUTLIER_METRES))
    return {
        "residual_mean_mm": round(float(millimetres[used].mean()), 2),
        "residual_p95_mm": round(float(np.percentile(millimetres[used], 95)), 2),
        "residual_per_keypoint_mm": by_keypoint,
        "keypoint_noise_mm": round(noise, 2),
        "misfit_limit_mm": round(limit, 1),
        "misfit_share": round(float((by_frame > limit)[used.any(axis=1)].mean()), 4),
        "outlier_share": round(float(outliers.sum() / max(observed.sum(), 1)), 4),
    }


def keypoint_noise(observations: Observations) -> float:
    """Metres by which a coordinate trembles from frame to frame: the usual second difference.

    Motion at a low rate looks like noise as well, so that the value is held to what detectors have.
    """
    seen = np.where(observations.is_observed[..., None], observations.targets, np.nan)
    jolts = np.diff(seen, n=2, axis=0)[np.diff(observations.times, n=2) == 0]
    jolts = np.abs(jolts[np.isfinite(jolts)])
    # Of normal noise the median is 0.6745 deviations, and of three values in a row sqrt(6).
    noise = float(np.median(jolts)) / (0.6745 * np.sqrt(6)) if len(jolts) else 0.0
    return min(noise, MOST_NOISE_METRES)


def aist_loss(problem: Problem, state: State) -> float:
    """AIST++'s loss in square metres: mean squared difference of a coordinate.

    AIST++ puts the keypoints on the body itself, so the offsets that the fit found do not count.
    """
    on_body = forward(problem.rig, replace(state, offsets=np.zeros_like(state.offsets))).points
    observations = problem.observations
    return float(np.square(on_body - observations.targets)[observations.is_observed].mean())


def limit_hits(rotations: np.ndarray, active: np.ndarray) -> tuple[float, dict[str, float]]:
    """Share of the joints' frames (F, K, 3, 3) beyond a limit, in all and by joint."""
    joints = active[active > 0]
    if not len(joints):
        return 0.0, {}
    excess = joint_priors(joints).excess(logarithm(rotations[:, joints]))
    hits = (excess != 0).any(axis=2)
    by_joint = {
        SMPL_JOINTS[joint]: round(float(share), 4)
        for joint, share in zip(joints, hits.mean(axis=0), strict=True)
        if share > 0 and joint < len(SMPL_JOINTS)
    }
    return round(float(hits.mean()), 4), by_joint


def unobserved(rig: Rig, complete: Rig) -> tuple[list[str], list[str]]:
    """Limbs that the convention shows but the data never do, and all joints left at rest."""
    active, possible = set(rig.active.tolist()), set(complete.active.tolist())
    limbs = [name for name, joint in LIMBS.items() if joint in possible - active]
    joints = [name for joint, name in enumerate(SMPL_JOINTS) if joint not in active]
    return limbs, joints


def warnings_of(report: dict[str, Any], size: float) -> list[str]:
    """Sentences about what a user should look at; ``size`` is the person's against the body's."""
    warnings = []
    if report["mirrored_labels"]:
        warnings.append(
            "left and right seem to be swapped in the keypoints: the swapped ones fit better"
        )
    if not SMALLEST <= size <= LARGEST:
        warnings.append(
            f"taken as {report['unit']}, the person is {size:.2f} times the body's size: "
            "check units"
        )
    worst = max(report["residual_per_keypoint_mm"].items(), key=lambda item: item[1])
    if report["misfit_share"] > MISFIT_SHARE or worst[1] > 2 * report["misfit_limit_mm"]:
        warnings.append(
            f"the body misses its keypoints: in {report['misfit_share']:.0%} of the frames it is "
            f"on average over {report['misfit_limit_mm']:.0f} mm away from them, {worst[0]} by "
            f"{worst[1]:.0f} mm; they tremble by {report['keypoint_noise_mm']:.0f} mm only. Check "
            "what the keypoints are, their unit, and the cameras' order and calibration"
        )
    if report["unobserved_limbs"]:
        warnings.append("never seen, left at rest: " + ", ".join(report["unobserved_limbs"]))
    return warnings + gap_warnings(report["gaps"], len(report["valid"]))


def gap_warnings(gaps: Sequence[Mapping[str, int]], frames: int) -> list[str]:
    """What became of frames that show too little of somebody.

    Args:
        gaps: The ``first_frame`` of each and how many ``frames``.
        frames: Of the motion.

    Example:
        >>> gap_warnings([{"first_frame": 4, "frames": 4}], 8)
        ['the body holds still in 4 frames before it is first or after it is last seen']
    """
    ends = [g["frames"] for g in gaps if not 0 < g["first_frame"] < frames - g["frames"]]
    inside = [g["frames"] for g in gaps if 0 < g["first_frame"] < frames - g["frames"]]
    warnings = []
    if len(inside) == 1:
        warnings.append(f"a gap of {inside[0]} frames is bridged")
    elif inside:
        warnings.append(f"{len(inside)} gaps, the longest of {max(inside)} frames, are bridged")
    if ends:
        warnings.append(
            f"the body holds still in {sum(ends)} frames before it is first or after it is last "
            "seen"
        )
    return warnings
