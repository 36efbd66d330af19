"""From keypoints as they are given to what is fitted: metres, no outliers, no long gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from ..smpl_body.conventions import Convention, convention_of
from ..smpl_body.model import BodyModel
from .filters import fill_missing, find_outliers, low_pass
from .gaps import ENOUGH_KEYPOINTS, optimised_frames
from .objective import Observations
from .proportions import Proportions, measure_limbs
from .rig import Rig, rig_of


class NothingObservedError(ValueError):
    """Not one frame shows enough of a person."""


@dataclass(frozen=True)
class Clip:
    """Keypoints of F frames, checked.

    Attributes:
        points: float64 (F, J, 3), NaN where missing.
        weights: (F, J), confidence; zero where missing.
        convention: Of the J keypoints.
        fps: Frames a second.
        units: Of the points: auto, m, cm or mm.
    """

    points: np.ndarray
    weights: np.ndarray
    convention: Convention
    fps: float
    units: str


@dataclass(frozen=True)
class Problem:
    """What is fitted, and what the keypoints say before.

    Attributes:
        rig: The keypoints that are observed, on the body.
        observations: Of the F' frames that are optimised.
        start_points: (F', N, 3), metres, finite: what the start is computed from.
        outliers: bool (F', N), observed but gross outliers.
        valid: bool (F,), frames with enough keypoints.
        kept: bool (F,), frames that are optimised.
        missing_share: Of the keypoints.
        unit: Of the keypoints: m, cm or mm.
        size: Of the person; 1 is the body's own.
        is_scaled: Whether the body gets a scale: of children, and wherever it keeps its mean shape.
        proportions: From the limbs' lengths.
    """

    rig: Rig
    observations: Observations
    start_points: np.ndarray
    outliers: np.ndarray
    valid: np.ndarray
    kept: np.ndarray
    missing_share: float
    unit: str
    size: float
    is_scaled: bool
    proportions: Proportions


def check_clip(
    keypoints: np.ndarray,
    convention: str,
    *,
    fps: float,
    units: str,
    confidence: np.ndarray | None,
) -> Clip:
    """Keypoints and confidence of one shape, with what they are.

    Raises:
        ValueError: A shape, the convention, the unit or the rate is wrong.
    """
    points = np.array(keypoints, np.float64)
    if points.ndim != 3 or points.shape[2] != 3 or not len(points):
        raise ValueError(f"keypoints must be (frames, joints, 3) with frames, not {points.shape}")
    known = convention_of(convention, points.shape[1])
    if units not in ("auto", *UNITS_PER_METRE):
        raise ValueError(f"units {units!r} is not one of auto, {', '.join(UNITS_PER_METRE)}")
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, not {fps}")
    weights = np.all(np.isfinite(points), axis=2).astype(np.float64)
    if confidence is not None:
        given = np.asarray(confidence, np.float64)
        if given.shape != points.shape[:2]:
            raise ValueError(f"confidence must be {points.shape[:2]}, not {given.shape}")
        weights *= np.clip(np.nan_to_num(given, posinf=1.0), 0, 1)
    points[weights == 0] = np.nan
    return Clip(points, weights, known, fps, units)


def prepare(model: BodyModel, clip: Clip, *, keeps_mean_shape: bool) -> Problem:
    """Find the unit, the outliers, the frames to optimise and the body's proportions.

    Args:
        model: The body.
        clip: The keypoints.
        keeps_mean_shape: Proportions are one scale in place of betas.

    Raises:
        NothingObservedError: No frame shows enough keypoints.
        ValueError: The unit cannot be told.
    """
    points, weights = clip.points, clip.weights
    rig = rig_of(model, clip.convention, np.any(weights > 0, axis=0))
    most = int((weights[:, rig.columns] > 0).sum(axis=1).max(initial=0))
    if most < ENOUGH_KEYPOINTS:
        raise NothingObservedError(
            f"no frame shows {ENOUGH_KEYPOINTS} keypoints of {clip.convention.name} (the fullest "
            f"has {most}): nothing to fit"
        )
    unit = measure_limbs(rig, points).unit() if clip.units == "auto" else clip.units
    points = points / UNITS_PER_METRE[unit]
    outliers = find_outliers(points)
    points[outliers] = np.nan
    limbs = measure_limbs(rig, points)
    is_scaled = keeps_mean_shape or limbs.is_beyond_shapes
    if is_scaled:
        proportions = Proportions(np.zeros(model.beta_count), limbs.scaling())
    else:
        proportions = Proportions(limbs.betas(), 1.0)
    missing_share = float((weights == 0).mean())
    weights = np.where(outliers, 0.0, weights)[:, rig.columns]
    points = points[:, rig.columns]
    valid = (weights > 0).sum(axis=1) >= ENOUGH_KEYPOINTS
    kept = optimised_frames(valid, clip.fps)
    targets = np.where((weights > 0)[..., None], points, 0.0)
    return Problem(
        rig=rig,
        observations=Observations(targets[kept], weights[kept], np.flatnonzero(kept), clip.fps),
        start_points=low_pass(fill_missing(points), clip.fps)[kept],
        outliers=outliers[:, rig.columns][kept],
        valid=valid,
        kept=kept,
        missing_share=missing_share,
        unit=unit,
        size=limbs.size,
        is_scaled=is_scaled,
        proportions=proportions,
    )
