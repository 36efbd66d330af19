"""The way in: keypoints of a clip to a body's pose, shape and place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ..smpl_body.conventions import Convention, convention_of
from ..smpl_body.model import BodyModel
from .feet import level_unseen_feet
from .gaps import ENOUGH_KEYPOINTS, bridged, gaps_of, optimised_frames
from .jacobian import Shared, State
from .mirror import looks_mirrored
from .priors import joint_priors
from .report import limit_hits, mean_square, residual_report, unobserved
from .residuals import Objective, Observations
from .rig import Rig, rig_of
from .rotations import logarithm
from .solver import FitStopped
from .start import calmed, filled, gate, start
from .units import (
    LARGEST,
    SMALLEST,
    UNITS,
    limb_lengths,
    scale_from_limbs,
    shape_from_limbs,
    size_of,
    unit_of,
)
from .windows import minimise_sequence

Mode = Literal["fit", "aist"]
Unit = Literal["auto", "m", "cm", "mm"]
# Below this the missing frames would be left to the rest pose.
LEAST_SMOOTH = 1e-3

__all__ = ["Fit", "FitStopped", "fit_body"]


@dataclass(frozen=True)
class Fit:
    """A body in motion: x = scaling * body(poses, betas) + transl, the pelvis at its rest place.

    Attributes:
        poses: (F, K, 3), axis-angle in radians, root first.
        transl: (F, 3), metres; in the mode aist in the keypoints' unit.
        scaling: 1; in the mode aist the size in the keypoints' unit.
        betas: (B,); zero in the mode aist.
        offsets: (J, 3), metres at scale 1, of the keypoints from their places on the body in their
            bones' frames; zero where the body has no such keypoint.
        losses: The objective a frame, before and after each iteration; it never rises.
        valid: bool (F,), frames with enough keypoints; the others are bridged.
        report: Numbers and warnings about the fit, made of plain types.
    """

    poses: np.ndarray
    transl: np.ndarray
    scaling: float
    betas: np.ndarray
    offsets: np.ndarray
    losses: tuple[float, ...]
    valid: np.ndarray
    report: dict[str, Any]


def fit_body(
    model: BodyModel,
    keypoints: np.ndarray,
    convention: str,
    fps: float,
    mode: Mode = "fit",
    confidence: np.ndarray | None = None,
    smooth: float = 5.0,
    units: Unit = "auto",
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Fit:
    """Fit a body to 3D keypoints.

    Args:
        model: The body.
        keypoints: (F, J, 3), any world; NaN where missing.
        convention: coco17, body25, body25b, smpl24 (or its first 22) or h36m17.
        fps: Frames a second.
        mode: ``fit`` finds the shape, in metres. ``aist`` keeps the mean shape and finds one scale,
            as AIST++ (Li et al., 2021) stores motion.
        confidence: (F, J) in 0..1; 0 is missing.
        smooth: Weight of smoothness in time.
        units: Of the keypoints.
        should_stop: Asked before each step.
        progress: Called with the share that is done.

    Returns:
        The fit; it holds no NaN.

    Raises:
        ValueError: Shapes, convention, mode, unit or rate are wrong, or nothing is seen.
        FitStopped: ``should_stop`` returned True.
    """
    points, weights, layout = _checked(keypoints, convention, fps, mode, confidence, units)
    # The matrices are small: more threads cost time, and take it from others.
    with threadpool_limits(limits=1, user_api="blas"):
        job = _prepared(model, points, weights, layout, fps, mode, units)
        shared = Shared(betas=mode == "fit", scaling=mode == "aist", offsets=True)
        objective = Objective(
            job.rig, job.seen, joint_priors(job.rig.active), max(smooth, LEAST_SMOOTH)
        )
        mirrored = looks_mirrored(
            job.rig, layout, job.points, job.seen, objective.priors, job.betas, job.scaling
        )
        first = start(job.rig, layout, job.points, job.betas, job.scaling)
        state, losses = minimise_sequence(objective, first, shared, should_stop, progress)
        fit = _finished(model, job, layout, state, losses, mode, mirrored)
    if progress is not None:
        progress(1.0)
    return fit


@dataclass(frozen=True)
class _Job:
    """What the keypoints say before the fit.

    Attributes:
        rig: The keypoints that are seen, on the body.
        seen: The F' frames that are optimised.
        points: (F', N, 3), metres, finite: the start's targets.
        gated: bool (F', N), gross outliers.
        valid, kept: bool (F,).
        missing: Share of the keypoints that were not seen.
        unit: Of the keypoints.
        size: Of the person; 1 is the body's own.
        betas, scaling: From the limbs' lengths.
    """

    rig: Rig
    seen: Observations
    points: np.ndarray
    gated: np.ndarray
    valid: np.ndarray
    kept: np.ndarray
    missing: float
    unit: str
    size: float
    betas: np.ndarray
    scaling: float


def _checked(
    keypoints: np.ndarray,
    convention: str,
    fps: float,
    mode: str,
    confidence: np.ndarray | None,
    units: str,
) -> tuple[np.ndarray, np.ndarray, Convention]:
    """Points (F, J, 3) with NaN where missing, weights (F, J) and the convention."""
    points = np.array(keypoints, np.float64)
    if points.ndim != 3 or points.shape[2] != 3 or not len(points):
        raise ValueError(f"keypoints must be (frames, joints, 3) with frames, not {points.shape}")
    layout = convention_of(convention, points.shape[1])
    if mode not in ("fit", "aist"):
        raise ValueError(f"mode {mode!r} is neither fit nor aist")
    if units not in ("auto", *UNITS):
        raise ValueError(f"units {units!r} is not one of auto, {', '.join(UNITS)}")
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, not {fps}")
    weights = np.isfinite(points).all(axis=2).astype(np.float64)
    if confidence is not None:
        given = np.asarray(confidence, np.float64)
        if given.shape != points.shape[:2]:
            raise ValueError(f"confidence must be {points.shape[:2]}, not {given.shape}")
        weights *= np.clip(np.nan_to_num(given, posinf=1.0), 0, 1)
    points[weights == 0] = np.nan
    return points, weights, layout


def _prepared(
    model: BodyModel,
    points: np.ndarray,
    weights: np.ndarray,
    layout: Convention,
    fps: float,
    mode: str,
    units: str,
) -> _Job:
    rig = rig_of(model, layout, (weights > 0).any(axis=0))
    if ((weights[:, rig.columns] > 0).sum(axis=1) < ENOUGH_KEYPOINTS).all():
        raise ValueError(
            f"no frame shows {ENOUGH_KEYPOINTS} keypoints of {layout.name}: nothing to fit"
        )
    unit = units
    if units == "auto":
        unit = unit_of(rig, *limb_lengths(layout, rig, points))
    points = points / UNITS[unit]
    missing = float((weights == 0).mean())
    gated = gate(points)
    points[gated] = np.nan
    weights = np.where(gated, 0.0, weights)
    pairs, lengths = limb_lengths(layout, rig, points)
    size = size_of(rig, pairs, lengths)
    fitting = mode == "fit"
    betas = shape_from_limbs(rig, pairs, lengths) if fitting else np.zeros(model.beta_count)
    scaling = 1.0 if fitting else scale_from_limbs(rig, pairs, lengths)
    points, weights = points[:, rig.columns], weights[:, rig.columns]
    valid = (weights > 0).sum(axis=1) >= ENOUGH_KEYPOINTS
    kept = optimised_frames(valid, fps)
    targets = np.where((weights > 0)[..., None], points, 0.0)[kept]
    seen = Observations(targets, weights[kept], np.flatnonzero(kept), fps)
    smooth_points = calmed(filled(points), fps)[kept]
    return _Job(
        rig, seen, smooth_points, gated[:, rig.columns][kept], valid, kept, missing, unit, size,
        betas, scaling,
    )  # fmt: skip


def _finished(
    model: BodyModel,
    job: _Job,
    layout: Convention,
    state: State,
    losses: list[float],
    mode: str,
    mirrored: bool,
) -> Fit:
    """The fit of all frames in the caller's unit, with its report."""
    rotations = level_unseen_feet(state.rotations, job.rig.active)
    rotations, transl = bridged(rotations, state.transl, job.kept)
    in_unit = UNITS[job.unit] if mode == "aist" else 1.0
    offsets = np.zeros((len(layout.keypoints), 3))
    offsets[job.rig.columns] = state.offsets
    return Fit(
        poses=logarithm(rotations),
        transl=transl * in_unit,
        scaling=state.scaling * in_unit,
        betas=state.betas,
        offsets=offsets,
        losses=tuple(losses),
        valid=job.valid,
        report=_report(model, job, layout, state, mirrored),
    )


def _report(
    model: BodyModel, job: _Job, layout: Convention, state: State, mirrored: bool
) -> dict[str, Any]:
    complete = rig_of(model, layout, np.ones(len(layout.keypoints), bool))
    limbs, joints = unobserved(job.rig, complete)
    hits, by_joint = limit_hits(state.rotations, job.rig.active)
    gaps = gaps_of(job.valid)
    report = residual_report(job.rig, layout, state, job.seen, job.gated)
    report |= {
        "body": model.name,
        "convention": layout.name,
        "missing_share": round(job.missing, 4),
        "unit": job.unit,
        "scale": round(state.scaling, 5),
        "aist_loss": mean_square(job.rig, state, job.seen) * UNITS[job.unit] ** 2,
        "beta_norm": round(float(np.linalg.norm(state.betas)), 4),
        "limit_hits_share": hits,
        "limit_hits_per_joint": by_joint,
        "unobserved_limbs": limbs,
        "unobserved_joints": joints,
        "gaps": [{"first_frame": begin, "frames": length} for begin, length in gaps],
        "longest_gap_frames": max((length for _, length in gaps), default=0),
        "valid_share": round(float(job.valid.mean()), 4),
        "valid": job.valid.tolist(),
        "mirrored_labels": bool(mirrored),
    }
    return report | {"warnings": _warnings(report, job.size)}


def _warnings(report: dict[str, Any], size: float) -> list[str]:
    found = []
    if report["mirrored_labels"]:
        found.append(
            "left and right seem to be swapped in the keypoints: the swapped ones fit better"
        )
    if not SMALLEST <= size <= LARGEST:
        found.append(
            f"taken as {report['unit']}, the person is {size:.2f} times the body's size: "
            "check units"
        )
    if report["unobserved_limbs"]:
        found.append("never seen, left at rest: " + ", ".join(report["unobserved_limbs"]))
    if report["gaps"]:
        longest = report["longest_gap_frames"]
        found.append(f"{len(report['gaps'])} gaps, the longest of {longest} frames, are bridged")
    return found
