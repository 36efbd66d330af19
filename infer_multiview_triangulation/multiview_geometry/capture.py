"""People as calibrated views see them: who they are, what the cameras are, when frames were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..infer_multiview_triangulation_kit.stopping import ShouldStop, never
from . import anipose_engine
from .calibration.bundle import bundle_adjust
from .calibration.refinement import Refinement, refine_cameras
from .camera import Camera
from .inputs import Inputs, Options, confident
from .people.everybody import find_everybody
from .people.identity import main_person
from .skeletons import Skeleton
from .starting_cameras import CameraSource, confident_for_cameras, starting_cameras
from .timing import Late, synchronise


@dataclass(frozen=True)
class Capture:
    """One person, which is what the steps of a reconstruction work on.

    Attributes:
        keypoints: (V, F, J, 3) pixels and confidence of the person, NaN where missing.
        cameras: One a view.
        fps: Frames a second.
        timestamps: (F,).
    """

    keypoints: np.ndarray
    cameras: list[Camera]
    camera_source: CameraSource
    skeleton: Skeleton
    fps: float
    timestamps: np.ndarray


def find_captures(
    inputs: Inputs, options: Options, warnings: list[str], should_stop: ShouldStop = never
) -> tuple[list[Capture], np.ndarray, Late]:
    """Find cameras where none are given, when frames were, and who is who.

    What was done about missing cameras, and what was found about the frames, is added to
    ``warnings``.

    Returns:
        Everybody, best seen first, whomever the options ask for; the detections (V, F, P, J, 3)
        that they are found among; and the frames by which each view is late.

    Raises:
        ValueError: There is no such person, or the views share too little to place the cameras.
        Stopped: ``should_stop`` returned True.
    """
    people = confident(inputs.keypoints, options.min_confidence)
    cameras, source = starting_cameras(inputs, people, options, warnings)
    people, late = synchronise(cameras, people, options, warnings)
    everybody = _tell_apart(people, cameras, inputs.skeleton, warnings, should_stop)
    _check_person(options.person, len(everybody), people.shape[2])
    times = inputs.timestamps
    captures = [
        Capture(
            keypoints=person,
            cameras=cameras,
            camera_source=source,
            skeleton=inputs.skeleton,
            fps=inputs.fps,
            timestamps=np.arange(people.shape[1]) if times is None else np.asarray(times),
        )
        for person in everybody
    ]
    return captures, people, late


def tell_apart_again(
    captures: list[Capture], people: np.ndarray, options: Options, should_stop: ShouldStop
) -> list[Capture]:
    """Everybody among detections (V, F, P, J, 3), now that their cameras are known better.

    Raises:
        ValueError: The person who is wanted is nobody any more.
        Stopped: ``should_stop`` returned True.
    """
    first = captures[0]
    everybody = _tell_apart(people, first.cameras, first.skeleton, [], should_stop)
    _check_person(options.person, len(everybody), people.shape[2])
    return [replace(first, keypoints=person) for person in everybody]


def together(captures: Sequence[Capture]) -> np.ndarray:
    """(V, F, N * J, 3): the keypoints of all people, as if they were one with many joints."""
    return np.concatenate([capture.keypoints for capture in captures], axis=2)


def adjust_cameras(
    captures: list[Capture], options: Options, warnings: list[str]
) -> tuple[list[Capture], Refinement | None]:
    """Adjust the cameras to all people, as far as the mode asks for it.

    What speaks against given cameras that were adjusted is added to ``warnings``; how they were
    judged is None where they were not.

    Raises:
        ValueError: Hardly any keypoint that is confident enough is seen by two views.
    """
    cameras, source = captures[0].cameras, captures[0].camera_source
    if options.mode == "triangulate" and source is CameraSource.GIVEN:
        return captures, None
    refinement = None
    keypoints = confident_for_cameras(together(captures), options.camera_confidence)
    if options.engine == "aniposelib":
        cameras = anipose_engine.adjust(cameras, keypoints)
    elif source is CameraSource.PEOPLE:
        # They have just been estimated from nothing; there is no gauge of the user's to keep.
        return captures, None
    elif source is CameraSource.AIST_RING:
        cameras = bundle_adjust(cameras, keypoints, True)
    else:
        refinement = refine_cameras(cameras, keypoints, options.mode == "estimate_cameras")
        warnings += refinement.doubts
        cameras = refinement.cameras
    return [replace(capture, cameras=cameras) for capture in captures], refinement


def _tell_apart(
    people: np.ndarray,
    cameras: Sequence[Camera],
    skeleton: Skeleton,
    warnings: list[str],
    should_stop: ShouldStop,
) -> list[np.ndarray]:
    """(V, F, J, 3) of each person among (V, F, P, J, 3), best seen first."""
    if people.shape[2] == 1:
        return [people[:, :, 0]]
    everybody = find_everybody(
        cameras, people, skeleton, warnings=warnings, should_stop=should_stop
    )
    if not everybody:
        warnings.append("the views do not agree on any person; the main person of each is used")
        return [main_person(people)]
    return everybody


def _check_person(person: int | str, count: int, columns: int) -> None:
    if not isinstance(person, int) or person < count:
        return
    if columns == 1:
        raise ValueError(f"person {person} was asked for, but the files show one person")
    raise ValueError(f"person {person} was asked for, but the views show {count} (from 0 on)")


def wanted(captures: list[Capture], person: int | str) -> list[Capture]:
    """Those of the captures, best seen first, that ``person`` asks for: main, all, or a number."""
    if person == "all":
        return captures
    return [captures[person if isinstance(person, int) else 0]]
