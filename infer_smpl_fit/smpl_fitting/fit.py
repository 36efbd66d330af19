"""The way in: keypoints of a clip to a body's pose, shape and position."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from ..infer_smpl_fit_kit.stopping import ShouldStop, never
from ..smpl_body.model import BodyModel
from .feet import guessed_up, place_unseen_feet
from .gaps import bridge_gaps
from .kinematics import Free, State, forward
from .mirror import looks_mirrored
from .objective import Objective
from .planted import stand_still
from .preparation import Problem, check_clip, prepare
from .priors import joint_priors
from .report import report_of
from .rig import Rig
from .rotations import logarithm, unit
from .solver import KERNELS
from .start import analytic_start
from .windows import Progress, ignore_progress, minimise_sequence

Mode = Literal["fit", "aist"]
# Below this the missing frames would be left to the rest pose.
LEAST_SMOOTH = 1e-3


@dataclass(frozen=True)
class Fit:
    """A body in motion: x = scaling * body(poses, betas) + transl, the pelvis at its rest position.

    Attributes:
        poses: (F, K, 3), axis-angle in radians, root first.
        transl: (F, 3), metres; in the mode aist in the keypoints' unit.
        scaling: 1, or the size of somebody whom no shape of a grown-up fits; in the mode aist the
            size in the keypoints' unit.
        betas: (B,); zero in the mode aist.
        offsets: (J, 3), metres at scale 1, of the keypoints from their places on the body in their
            bones' frames; zero where the body has no such keypoint.
        losses: The objective a frame, before and after each iteration; it never rises.
        valid: bool (F,), frames with enough keypoints; the others are bridged.
        present: bool (F,), the valid frames and the short gaps between them; in the others the
            pose is a guess: between what comes before and after, or held at the ends.
        report: Numbers and warnings about the fit, made of plain types.
        state: The unknowns of the frames that were optimised, from where another fit of the same
            keypoints may begin; None of an engine that has none.
    """

    poses: np.ndarray
    transl: np.ndarray
    scaling: float
    betas: np.ndarray
    offsets: np.ndarray
    losses: tuple[float, ...]
    valid: np.ndarray
    present: np.ndarray
    report: dict[str, Any]
    state: State | None = field(default=None, repr=False)


def fit_body(
    model: BodyModel,
    keypoints: np.ndarray,
    convention: str,
    *,
    fps: float,
    mode: Mode = "fit",
    confidence: np.ndarray | None = None,
    smooth: float = 5.0,
    units: str = "auto",
    up: np.ndarray | None = None,
    start: State | None = None,
    should_stop: ShouldStop = never,
    progress: Progress = ignore_progress,
) -> Fit:
    """Fit a body to 3D keypoints.

    Args:
        model: The body.
        keypoints: (F, J, 3), any world; NaN where missing.
        convention: coco17, body25, body25_hands (body, and of hands four points), body25b,
            halpe26, wholebody133 (27 points of body, feet and hands), mediapipe33 (25), smpl24 (or
            its first 22) or h36m17.
        fps: Frames a second.
        mode: ``fit`` finds the shape, in metres, and of children a scale. ``aist`` keeps the mean
            shape and finds one scale, as AIST++ (Li et al., 2021) stores motion.
        confidence: (F, J) in 0..1; 0 is missing.
        smooth: Weight of smoothness in time.
        units: Of the keypoints: auto, m, cm or mm.
        up: (3,), the direction away from the ground; where feet have no keypoints it says how they
            stand. None: as the trunk stands, if not on the hands; wrong of somebody who lies.
        start: The state of a fit of the same keypoints in another mode, whose steps are spared.
        should_stop: Asked before each step.
        progress: Called with the share that is done.

    Returns:
        The fit; it holds no NaN.

    Raises:
        ValueError: Shapes, convention, mode, unit or rate are wrong, or nothing is observed.
        Stopped: ``should_stop`` said so.
    """
    if mode not in ("fit", "aist"):
        raise ValueError(f"mode {mode!r} is neither fit nor aist")
    is_aist = mode == "aist"
    clip = check_clip(keypoints, convention, fps=fps, units=units, confidence=confidence)
    # The matrices are small: more threads cost time, and take it from others.
    with threadpool_limits(limits=1, user_api="blas"):
        problem = prepare(model, clip, keeps_mean_shape=is_aist)
        objective = Objective(
            rig=problem.rig,
            observations=stand_still(problem.rig, problem.observations),
            priors=joint_priors(problem.rig.active),
            smooth=max(smooth, LEAST_SMOOTH),
        )
        given = problem.start_points, problem.proportions
        is_mirrored = looks_mirrored(objective, *given)
        state, losses = minimise_sequence(
            objective,
            analytic_start(problem.rig, *given) if start is None else _restarted(start, problem),
            Free(betas=not is_aist, scaling=problem.is_scaled, offsets=True),
            kernels=KERNELS if start is None else KERNELS[-1:],
            should_stop=should_stop,
            progress=progress,
        )
        report = report_of(model, problem, state, is_mirrored=is_mirrored)
        rotations = _with_feet(problem.rig, state, up=up, fps=fps)
        rotations, transl = bridge_gaps(rotations, state.transl, problem.kept)
    progress(1.0)
    scale = UNITS_PER_METRE[problem.unit] if is_aist else 1.0
    offsets = np.zeros((len(problem.rig.convention.keypoints), 3))
    offsets[problem.rig.columns] = state.offsets
    return Fit(
        poses=logarithm(rotations),
        transl=transl * scale,
        scaling=state.scaling * scale,
        betas=state.betas,
        offsets=offsets,
        losses=tuple(losses),
        valid=problem.valid,
        present=problem.kept,
        report=report,
        state=state,
    )


def _restarted(state: State, problem: Problem) -> State:
    """A state of another mode with the shape and the size that this one begins with."""
    shape = problem.proportions
    return replace(state, betas=shape.betas, scaling=shape.scaling)


def _with_feet(rig: Rig, state: State, *, up: np.ndarray | None, fps: float) -> np.ndarray:
    """(F, K, 3, 3): the rotations, those of feet that no keypoint shows included."""
    posed = forward(rig, state)
    upward = guessed_up(posed.joints, posed.world, fps) if up is None else unit(np.asarray(up))
    return place_unseen_feet(state.rotations, posed.world, posed.joints, rig.active, up=upward)
