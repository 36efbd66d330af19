"""Everybody of a take as the pictures of it take them, from what the two tasks have published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_smpl_fit.ports import Output as FitOutput
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.figures import COLOURS, Colour
from infer_smpl_fit.smpl_export.motion import BodyMotion, rotation_to_y_up
from plugin_kit.keypoints.trajectories import UNITS_PER_METRE

TRUNK = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)


@dataclass(frozen=True)
class Person:
    """Somebody of a take.

    Attributes:
        name: What reports and files call them.
        colour: RGB.
        keypoints: (F, J, 3) metres, y up, NaN where unknown.
        motion: In metres, y up; None of somebody who was not fitted.
        in_world: The same in the keypoints' world and unit.
        is_present: bool (F,): where there is a body.
    """

    name: str
    colour: Colour
    keypoints: np.ndarray
    motion: BodyMotion | None
    in_world: BodyMotion | None
    is_present: np.ndarray

    def is_shown(self, frame: int) -> bool:
        """Whether there is a body at ``frame``."""
        return self.motion is not None and bool(self.is_present[frame])


@dataclass(frozen=True)
class Everybody:
    """A take: its people, its cameras, and the world that they are in.

    Attributes:
        people: At least one.
        model: The body of all.
        joints: Names of the J keypoints.
        bones: Pairs of keypoints that a line joins.
        cameras: As infer_multiview_triangulation reports them, in the views' order.
        timestamps: (F,) numbers of frames, or times.
        fps: Frames a second.
        units: How many of the keypoints' unit are a metre.
        to_y_up: (3, 3): from the keypoints' axes to those of the pictures.
    """

    people: list[Person]
    model: BodyModel
    joints: list[str]
    bones: list[tuple[int, int]]
    cameras: list[dict[str, Any]]
    timestamps: Sequence[float]
    fps: float
    units: float
    to_y_up: np.ndarray

    @property
    def frames(self) -> int:
        """F."""
        return len(self.people[0].keypoints)


def everybody_of(triangulation: Any, fit: Any, model: BodyModel) -> Everybody:
    """The people of a take.

    Args:
        triangulation: The task, after its run.
        fit: The task, after its run.
        model: The body that it fitted.
    """
    report = dict(triangulation.get_output(TriangulationOutput.REPORT).data)
    told = dict(fit.get_output(FitOutput.REPORT).data)
    units = UNITS_PER_METRE[told["unit"]]
    rotation = rotation_to_y_up(told["up_axis"])
    keypoints = _by_person(triangulation.get_output(TriangulationOutput.KEYPOINTS3D), 3)
    motions = _motions(fit, len(keypoints), told, fps=report["fps"], units=units)
    entries = told.get("people") or [{} for _ in keypoints]
    people = []
    for index, (points, motion, entry) in enumerate(zip(keypoints, motions, entries, strict=True)):
        there = entry.get("present")
        present = np.isfinite(points).all(axis=2).any(axis=1) if there is None else np.array(there)
        people.append(
            Person(
                name=str(entry.get("name", index)),
                colour=COLOURS[index % len(COLOURS)],
                keypoints=points / units @ rotation.T,
                motion=motion and motion.rotated(rotation, model),
                in_world=motion and motion.enlarged(units),
                is_present=present if told.get("people") else np.ones(len(points), bool),
            )
        )
    return Everybody(
        people=people,
        model=model,
        joints=list(report["joints"]),
        bones=_bones(report),
        cameras=list(report["cameras"]),
        timestamps=report["timestamps"],
        fps=float(report["fps"]),
        units=units,
        to_y_up=rotation,
    )


def _motions(
    fit: Any, count: int, told: Mapping[str, Any], *, fps: float, units: float
) -> list[BodyMotion | None]:
    """Of each of ``count`` people, in metres; None where one was not fitted."""
    poses = _by_person(fit.get_output(FitOutput.POSES), 3)
    transl = _by_person(fit.get_output(FitOutput.TRANSL), 2)
    scaling, betas = (
        fit.get_output(port).get_array().reshape(count, -1)
        for port in (FitOutput.SCALING, FitOutput.BETAS)
    )
    motions: list[BodyMotion | None] = []
    for person in range(count):
        if not np.isfinite(poses[person]).all():
            motions.append(None)
            continue
        motion = BodyMotion(
            poses[person], transl[person], betas[person], float(scaling[person, 0]), fps
        )
        motions.append(motion.enlarged(1 / units) if told["mode"] == "aist" else motion)
    return motions


def _by_person(output: Any, dimensions: int) -> np.ndarray:
    """An output's array with an axis of people, which that of one person alone has not."""
    array = output.get_array()
    return array if array.ndim > dimensions else array[None]


def _bones(report: Mapping[str, Any]) -> list[tuple[int, int]]:
    names = list(report["joints"])
    # Of several people each has lengths of their own; the pairs are the same.
    told = report.get("bone_lengths") or [
        bone for person in report.get("people", [])[:1] for bone in person.get("bone_lengths", [])
    ]
    pairs = dict.fromkeys([*(tuple(bone["joints"]) for bone in told), *TRUNK])
    return [(names.index(a), names.index(b)) for a, b in pairs if a in names and b in names]
