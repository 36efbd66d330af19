"""Everybody who was fitted: motions in metres, and what is reported of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from .smpl_export.figures import Colour, Figure
from .smpl_export.motion import BodyMotion
from .smpl_fitting import Fit

# What everybody's reports share, which the take's report has once.
SHARED = ("body", "convention", "unit")


@dataclass(frozen=True)
class Person:
    """Somebody who was fitted.

    Attributes:
        index: Among those whose keypoints were given, from 0.
        name: Empty where there is one person only, without an axis of people.
        colour: RGB, in pictures and files.
        fit: Of the asked mode.
        aist_fit: Without a shape, for AIST++'s file.
        motion: The fit in metres.
    """

    index: int
    name: str
    colour: Colour
    fit: Fit
    aist_fit: Fit
    motion: BodyMotion

    def figure(self, factor: float = 1.0) -> Figure:
        """As they are drawn, in a world of ``factor`` units a metre."""
        return Figure(self.motion.enlarged(factor), self.colour, self.name)


def metric_motion_of(
    fit: Fit, mode: str, *, fps: float, first_frame: int = 0, is_one_of_several: bool = False
) -> BodyMotion:
    """The fit's motion in metres, whatever its mode.

    One of several people is there only in the frames that their fit covers.
    """
    unit = UNITS_PER_METRE[fit.report["unit"]] if mode == "aist" else 1.0
    present = fit.present if is_one_of_several else None
    motion = BodyMotion(fit.poses, fit.transl, fit.betas, fit.scaling, fps, first_frame, present)
    return motion.enlarged(1 / unit)


def stacked(people: Sequence[Person], count: int) -> dict[str, np.ndarray]:
    """poses (N, F, K, 3), transl (N, F, 3), scaling (N, 1, 1) and betas (N, B) of ``count`` people.

    NaN stands for those who were not fitted.
    """
    first = people[0].fit
    shapes = {
        "poses": first.poses.shape,
        "transl": first.transl.shape,
        "scaling": (1, 1),
        "betas": first.betas.shape,
    }
    arrays = {name: np.full((count, *shape), np.nan) for name, shape in shapes.items()}
    for person in people:
        for name, array in arrays.items():
            array[person.index] = getattr(person.fit, name)
    return arrays


def report_of_people(
    people: Sequence[Person], names: Sequence[str], reasons: dict[int, str]
) -> dict[str, Any]:
    """What the take's report says of several people.

    Args:
        people: Those who were fitted.
        names: Of all whose keypoints were given.
        reasons: Why the others were not, by their index.
    """
    by_index = {person.index: person for person in people}
    entries = []
    for index, name in enumerate(names):
        entry: dict[str, Any] = {"name": name, "is_fitted": index in by_index}
        if index in by_index:
            person = by_index[index]
            own = {key: value for key, value in person.fit.report.items() if key not in SHARED}
            entry |= own | {
                "scaling": float(person.fit.scaling),
                "colour": list(person.colour),
                "present": person.fit.present.tolist(),
            }
        else:
            entry["warnings"] = [f"not fitted: {reasons[index]}"]
        entries.append(entry)
    told = [f"person {entry['name']}: {text}" for entry in entries for text in entry["warnings"]]
    first = people[0].fit.report
    seen = [person.fit.valid.sum() for person in people]
    means = [person.fit.report["residual_mean_mm"] for person in people]
    shares = [person.fit.report["valid_share"] for person in people]
    return {key: first[key] for key in SHARED if key in first} | {
        "residual_mean_mm": round(float(np.average(means, weights=seen)), 2),
        "valid_share": round(float(np.mean(shares)), 4),
        "people": entries,
        "warnings": told,
    }
