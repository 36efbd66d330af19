"""Everybody's fit, by the engine and in the modes that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .fit_input import FitInput
from .infer_smpl_fit_kit.stopping import ShouldStop
from .parameters import Settings
from .people import Person, metric_motion_of
from .smpl_body.model import BodyModel
from .smpl_export.figures import colour_of
from .smpl_fitting import Fit, fit_body, fit_everybody
from .smpl_fitting.everybody import common_unit
from .smpl_fitting.fit import Mode


@dataclass(frozen=True)
class Everybody:
    """Those who were fitted, and why the others were not, by their index."""

    people: list[Person]
    reasons: dict[int, str]


def fit_take(
    model: BodyModel, given: FitInput, settings: Settings, *, should_stop: ShouldStop
) -> Everybody:
    """Fit all people of a take; for AIST++'s file, where files are asked for, a second time.

    Raises:
        ValueError: Nobody can be fitted, or the keypoints are not what they were taken for; the
            message names their source.
        Stopped: ``should_stop`` said so.
    """
    try:
        fits = _fits(model, given, settings, mode=settings.mode, should_stop=should_stop)
        aist_fits = fits
        if settings.output_folder and settings.mode == "fit":
            aist_fits = _fits(model, given, settings, mode="aist", should_stop=should_stop)
    except ValueError as error:
        raise ValueError(f"{given.source}: {error}") from error
    people, reasons = [], {}
    for index, (fit, aist_fit) in enumerate(zip(fits, aist_fits, strict=True)):
        if isinstance(fit, str) or isinstance(aist_fit, str):
            reasons[index] = str(fit)
            continue
        motion = metric_motion_of(
            fit,
            settings.mode,
            fps=given.fps,
            first_frame=given.first_frame,
            is_one_of_several=given.is_of_several,
        )
        colour = colour_of(index)
        people.append(Person(index, given.names[index], colour, fit, aist_fit, motion))
    return Everybody(people, reasons)


def _fits(
    model: BodyModel,
    given: FitInput,
    settings: Settings,
    *,
    mode: Mode,
    should_stop: ShouldStop,
) -> list[Fit | str]:
    fit_one = partial(
        fit_body,
        model,
        convention=given.convention,
        fps=given.fps,
        mode=mode,
        smooth=settings.smooth,
        should_stop=should_stop,
    )
    if not given.is_of_several:
        return [fit_one(given.points[0], units=given.units)]
    units = given.units
    if units == "auto":
        units = common_unit(model, given.points, given.convention)
    return fit_everybody(lambda points: fit_one(points, units=units), given.points)
