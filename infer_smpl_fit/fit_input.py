"""What is fitted, from a file or from what is connected; knows nothing of Ikomia."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .infer_smpl_fit_kit.keypoints.trajectories import first_frame_of, stamped_rate
from .keypoint_files import read_keypoints, unit_called
from .keypoint_names import Keypoints3D, resolved
from .parameters import Settings
from .smpl_fitting.gaps import ENOUGH_KEYPOINTS

DEFAULT_RATE = 60.0
NOT_TRIANGULATED = (
    "not one keypoint was triangulated: at least two views have to see it, with more than "
    "min_confidence, where the cameras say. Lower min_confidence, or see whether the views show "
    "the person, and whether cameras and views belong together"
)


@dataclass(frozen=True)
class FitInput:
    """Keypoints of a convention.

    Attributes:
        points: float64 (N, F, J, 3), NaN where missing.
        names: Of the N people; one empty name where the keypoints had no axis of people.
        convention: What the J keypoints are.
        units: m, cm, mm or auto.
        fps: Frames a second.
        warnings: About all of it.
        source: What to call it in a message.
        first_frame: The first frame's number, as the source counts.
    """

    points: np.ndarray
    names: tuple[str, ...]
    convention: str
    units: str
    fps: float
    warnings: list[str]
    source: str
    first_frame: int

    @property
    def is_of_several(self) -> bool:
        """Whether results have an axis of people."""
        return self.names != ("",)

    @property
    def frames(self) -> int:
        return self.points.shape[1]

    @property
    def middle_frame(self) -> int:
        """The middle frame; of several people that of those with most people which is nearest."""
        middle = self.frames // 2
        if not self.is_of_several:
            return middle
        seen = np.isfinite(self.points).all(axis=3).sum(axis=2) >= ENOUGH_KEYPOINTS
        fullest = np.flatnonzero(seen.sum(axis=0) == seen.sum(axis=0).max())
        return int(fullest[np.abs(fullest - middle).argmin()])


def fit_input(settings: Settings, array: np.ndarray | None, told: dict[str, Any]) -> FitInput:
    """Keypoints from the file of ``keypoints_path``, else from an array.

    Args:
        settings: The parameters.
        array: (F, J, 3), or (N, F, J, 3) of several people; unused where a file is named.
        told: What is known of the array, as infer_multiview_triangulation publishes it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The keypoints cannot be used; the message names the file, or input 0.
    """
    if settings.keypoints_path:
        keypoints = read_keypoints(settings.keypoints_path, settings.allow_pickle)
    else:
        keypoints = _connected(array, told)
    keypoints, convention = resolved(keypoints, settings.convention)
    units = settings.units if settings.units != "auto" else keypoints.units or "auto"
    warnings = []
    if not (settings.fps or keypoints.fps):
        warnings.append(f"no frame rate is told, {DEFAULT_RATE:g} is taken: set fps")
    points = keypoints.points
    is_of_several = points.ndim == 4
    return FitInput(
        points=points if is_of_several else points[None],
        names=person_names(keypoints.people, len(points)) if is_of_several else ("",),
        convention=convention,
        units=units,
        fps=float(settings.fps or keypoints.fps or DEFAULT_RATE),
        warnings=warnings,
        source=keypoints.source,
        first_frame=keypoints.first_frame,
    )


def person_names(told: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """The names of ``count`` people; their numbers, from 1, where not so many are told."""
    if told is not None and len(told) == count and all(told):
        return tuple(told)
    return tuple(str(number) for number in range(1, count + 1))


def _connected(array: np.ndarray | None, told: dict[str, Any]) -> Keypoints3D:
    if array is None:
        raise ValueError(
            "input 0 of infer_smpl_fit is empty and keypoints_path is not set: connect an "
            "array (F, J, 3), or set keypoints_path"
        )
    if array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise ValueError(
            f"input 0 is {array.shape}; it takes (F, J, 3) of x, y, z, or (N, F, J, 3) of N people"
        )
    if told.get("quality") and not np.isfinite(array).all(axis=-1).any():
        raise ValueError(NOT_TRIANGULATED)
    stamps = told.get("timestamps")
    fps = told.get("fps") or stamped_rate(stamps)
    return Keypoints3D(
        points=np.array(array, np.float64),
        names=tuple(told["joints"]) if told.get("joints") else None,
        skeleton=told.get("skeleton"),
        units=unit_called(told.get("units"), "input 1"),
        fps=fps,
        source="input 0",
        first_frame=first_frame_of(stamps, fps),
        people=_people_told(told.get("people")),
    )


def _people_told(entries: object) -> tuple[str, ...] | None:
    """The names of infer_multiview_triangulation's report."""
    if not isinstance(entries, list):
        return None
    return tuple(
        str(entry.get("name", "")) if isinstance(entry, dict) else str(entry) for entry in entries
    )
