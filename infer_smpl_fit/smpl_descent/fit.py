"""The way in: keypoints of a clip to the motion that AIST++'s descent finds."""

from __future__ import annotations

import numpy as np

from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE, origin_near
from ..infer_smpl_fit_kit.stopping import ShouldStop, never
from ..smpl_body.model import BodyModel
from ..smpl_fitting.fit import Fit
from ..smpl_fitting.gaps import bridge_gaps
from ..smpl_fitting.kinematics import State
from ..smpl_fitting.preparation import check_clip, prepare
from ..smpl_fitting.report import report_of
from ..smpl_fitting.rotations import exponential, logarithm
from ..smpl_fitting.windows import Progress, ignore_progress
from .descent import STEPS, descend
from .points import compared_points

CENTIMETRES = UNITS_PER_METRE["cm"]


def descend_body(
    model: BodyModel,
    keypoints: np.ndarray,
    convention: str,
    *,
    fps: float,
    units: str = "auto",
    upright: np.ndarray | None = None,
    steps: int = STEPS,
    device: str = "cpu",
    should_stop: ShouldStop = never,
    progress: Progress = ignore_progress,
) -> Fit:
    """Fit as AIST++ does: betas stay 0, one scale, no priors, no smoothness, nothing robust.

    Its rates hold for centimetres, to which keypoints are brought and back. Frames in which too
    little is seen are left out and bridged, missing keypoints do not count; AIST++ has neither.

    Args:
        model: A body of 24 joints.
        keypoints: (F, J, 3), NaN where missing.
        convention: As ``fit_body`` takes it; those of AIST++'s 21 points are compared that it has.
        fps: Frames a second.
        units: Of the keypoints: auto, m, cm or mm.
        upright: (3, 3), turns their world to y up, in which the descent begins; None: it is y up.
        steps: How many of AIST++'s steps are run.
        device: Of torch: cpu or cuda.
        should_stop: Asked before each step.
        progress: Called with the share that is done.

    Returns:
        A fit of the mode ``aist``.

    Raises:
        ValueError: As ``fit_body``; or the body is not SMPL's of 24 joints, or has none of the
            points.
        Stopped: ``should_stop`` said so.
    """
    clip = check_clip(keypoints, convention, fps=fps, units=units, confidence=None)
    columns, joints = compared_points(clip.convention)
    problem = prepare(model, clip, keeps_mean_shape=True)
    scale = CENTIMETRES / UNITS_PER_METRE[problem.unit]
    turn = np.eye(3) if upright is None else upright
    points = scale * clip.points[problem.kept][:, columns]
    # 32-bit floats would lose the millimetres far from the world's origin.
    origin = origin_near(points, "cm")
    done = descend(
        model,
        (points - origin) @ turn.T,
        joints,
        steps=steps,
        device=device,
        should_stop=should_stop,
        progress=progress,
    )
    rotations = exponential(done.poses)
    rotations[:, 0] = turn.T @ rotations[:, 0]
    # The root turns about the pelvis, which is not the origin.
    pelvis = done.scaling * model.rest_joints[0]
    transl = (pelvis + done.transl) @ turn - pelvis + origin
    state = State(
        rotations=rotations,
        transl=transl / CENTIMETRES,
        betas=np.zeros(model.beta_count),
        scaling=done.scaling / CENTIMETRES,
        offsets=np.zeros((len(problem.rig.columns), 3)),
    )
    losses = tuple(loss / scale**2 for loss in done.losses)
    report = report_of(model, problem, state, is_mirrored=False) | {"aist_loss": losses[-1]}
    rotations, transl = bridge_gaps(rotations, transl, problem.kept)
    return Fit(
        poses=logarithm(rotations),
        transl=transl / scale,
        scaling=done.scaling / scale,
        betas=state.betas,
        offsets=np.zeros((len(clip.convention.keypoints), 3)),
        losses=losses,
        valid=problem.valid,
        present=problem.kept,
        report=report,
    )
