"""Everybody's fit, by the engine and in the modes that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np

from .fit_input import FitInput
from .infer_smpl_fit_kit.stopping import ShouldStop
from .parameters import Settings
from .people import Person, metric_motion_of
from .smpl_body.model import SMPL_JOINT_COUNT, BodyModel
from .smpl_export.figures import colour_of
from .smpl_fitting import Fit, fit_body, fit_everybody
from .smpl_fitting.everybody import common_unit
from .smpl_fitting.fit import Mode
from .smpl_fitting.kinematics import State


@dataclass(frozen=True)
class Everybody:
    """Those who were fitted, and why the others were not, by their index."""

    people: list[Person]
    reasons: dict[int, str]


def check_engine(settings: Settings, model: BodyModel) -> None:
    """Refuse, before long work, an engine that cannot run.

    Raises:
        ValueError: The packages of engine smplx are missing, or the body has not SMPL's 24 joints.
    """
    if settings.engine != "smplx":
        return
    missing = [name for name in ("torch", "smplx") if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"engine=smplx needs {' and '.join(missing)}, which the native engine does not: "
            f"pip install {' '.join(missing)} (smplx is for non-commercial research), or set "
            "engine=native"
        )
    if model.joint_count != SMPL_JOINT_COUNT:
        raise ValueError(
            f"engine=smplx takes bodies of SMPL's {SMPL_JOINT_COUNT} joints, and {model.name} has "
            f"{model.joint_count}: name an SMPL file as model_file, or set engine=native"
        )


def fit_take(
    model: BodyModel,
    given: FitInput,
    settings: Settings,
    *,
    upright: np.ndarray | None,
    should_stop: ShouldStop,
) -> Everybody:
    """Fit all people of a take; for AIST++'s file, where files are asked for, a second time.

    The second fit begins where the first ended, which spares it half of its steps.

    Args:
        model: The body.
        given: The keypoints.
        settings: The parameters.
        upright: (3, 3), turns the keypoints' world to y up, as far as is known before the fit.
        should_stop: Asked before each step.

    Raises:
        ValueError: Nobody can be fitted, or the keypoints are not what they were taken for; the
            message names their source.
        Stopped: ``should_stop`` said so.
    """
    is_descent, mode = settings.engine == "smplx", settings.fit_mode
    fit = _descent(settings, upright) if is_descent else _native(settings, mode, upright)
    try:
        fits = aist_fits = _fits(model, given, fit, should_stop)
        if settings.output_folder and mode == "fit":
            aist = _native(settings, "aist", upright)
            # Only the shape is another.
            states = [None if isinstance(fit, str) else fit.state for fit in fits]
            aist_fits = _fits(model, given, aist, should_stop, states)
    except ValueError as error:
        raise ValueError(f"{given.source}: {error}") from error
    people, reasons = [], {}
    for index, (fit, aist_fit) in enumerate(zip(fits, aist_fits, strict=True)):
        if isinstance(fit, str) or isinstance(aist_fit, str):
            reasons[index] = str(fit if isinstance(fit, str) else aist_fit)
            continue
        motion = metric_motion_of(
            fit,
            settings.fit_mode,
            fps=given.fps,
            first_frame=given.first_frame,
            is_one_of_several=given.is_of_several,
        )
        colour = colour_of(index)
        people.append(Person(index, given.names[index], colour, fit, aist_fit, motion))
    return Everybody(people, reasons)


def _native(settings: Settings, mode: Mode, upright: np.ndarray | None) -> Callable[..., Fit]:
    up = None if upright is None else upright[1]
    return partial(fit_body, mode=mode, smooth=settings.smooth, up=up)


def _descent(settings: Settings, upright: np.ndarray | None) -> Callable[..., Fit]:
    # torch and smplx are loaded by those alone who ask for this engine.
    from .infer_smpl_fit_kit.device import device_of
    from .smpl_descent.fit import descend_body

    return partial(descend_body, upright=upright, device=device_of(settings.device))


def _fits(
    model: BodyModel,
    given: FitInput,
    fit: Callable[..., Fit],
    should_stop: ShouldStop,
    states: Sequence[State | None] = (),
) -> list[Fit | str]:
    """Of each person the fit, or why there is none; from ``states`` on, where there are such."""
    convention, units = given.convention, given.units
    if given.is_of_several and units == "auto":
        units = common_unit(model, given.points, convention)

    remaining = iter(states)

    def fit_one(points: np.ndarray) -> Fit:
        state = next(remaining, None)
        begun = {} if state is None else {"start": state}
        return fit(
            model, points, convention, fps=given.fps, units=units, should_stop=should_stop, **begun
        )

    if not given.is_of_several:
        return [fit_one(given.points[0])]
    return fit_everybody(fit_one, given.points)
