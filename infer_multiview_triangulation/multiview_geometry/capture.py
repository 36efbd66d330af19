"""People as calibrated views see them: who they are, what the cameras are, when frames were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from ..infer_multiview_triangulation_kit.stopping import ShouldStop, never
from . import anipose_engine
from .calibration.bundle import bundle_adjust
from .calibration.crowd import pose_cameras_of_crowd
from .calibration.unposed import pose_cameras, unposed_camera
from .camera import Camera
from .cameras.aist_ring import ring_cameras
from .inputs import Inputs, Options, confident
from .people.everybody import find_everybody
from .people.identity import main_person
from .people.unposed import lonely_person
from .sequence.synchronisation import find_offsets, shift_views
from .skeletons import Skeleton

NOBODY_ALONE = (
    "the cameras are unknown, several people are seen, and who is who in the views cannot be told "
    "without cameras: give a calibration, record a few seconds in which one person walks through "
    "the room alone, or reconstruct such a take first and give its cameras.json here"
)
USUAL_SIZES = ((640, 480), (1280, 720), (1920, 1080), (2704, 1520), (3840, 2160))


class CameraSource(Enum):
    """Where the cameras come from."""

    GIVEN = auto()
    AIST_RING = auto()
    PEOPLE = auto()


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
) -> list[Capture]:
    """Tell people apart, with the cameras given, AIST's ring, or estimated from nothing.

    What was done about missing cameras is added to ``warnings``.

    Returns:
        Everybody, best seen first, whomever the options ask for.

    Raises:
        ValueError: There is no such person, or the views share too little to place the cameras.
        Stopped: ``should_stop`` returned True.
    """
    people = confident(inputs.keypoints, options.min_confidence)
    if inputs.cameras is not None:
        cameras, source = list(inputs.cameras), CameraSource.GIVEN
    elif options.start_cameras == "aist":
        warnings.append("no cameras were given: they are estimated from AIST's ring")
        cameras, source = ring_cameras(inputs.names), CameraSource.AIST_RING
    else:
        cameras = _cameras_from_people(inputs, people, options, warnings=warnings)
        source = CameraSource.PEOPLE
    everybody = _tell_apart(people, cameras, inputs.skeleton, warnings, should_stop)
    _check_person(options.person, len(everybody), people.shape[2])
    times = inputs.timestamps
    return [
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


def together(captures: Sequence[Capture]) -> np.ndarray:
    """(V, F, N * J, 3): the keypoints of all people, as if they were one with many joints."""
    return np.concatenate([capture.keypoints for capture in captures], axis=2)


def synchronise(
    captures: list[Capture], options: Options, warnings: list[str]
) -> tuple[list[Capture], list[int | None] | None]:
    """Find the frames by which each view is late and, with sync=auto, bring late ones forward.

    What was found is added to ``warnings``, but of two views, which :func:`two_view_warnings`
    judges, and with sync=report of views of which nothing can be told.

    Returns:
        The captures and the offsets (V), None where nothing can be told; None where nobody asked.
    """
    if options.sync == "off":
        return captures, None
    cameras, is_auto = captures[0].cameras, options.sync == "auto"
    offsets = find_offsets(cameras, together(captures), options.max_offset)
    told = [
        frames if certain else None
        for frames, certain in zip(offsets.frames.tolist(), offsets.certain, strict=True)
    ]
    if is_auto or len(cameras) > 2:
        warnings += _offset_warnings(cameras, told, is_auto)
        if offsets.at_limit.any():
            names = [cameras[view].name for view in np.flatnonzero(offsets.at_limit)]
            warnings.append(
                f"the views {', '.join(names)} fit best at the limit of the search, max_offset "
                f"{options.max_offset} frames: they may be later than that; raise max_offset"
            )
    if is_auto:
        shifts = np.array([frames or 0 for frames in told])
        captures = [
            replace(capture, keypoints=shift_views(capture.keypoints, shifts))
            for capture in captures
        ]
    return captures, told


def _offset_warnings(
    cameras: Sequence[Camera], offsets: Sequence[int | None], is_auto: bool
) -> list[str]:
    warnings = []
    for camera, frames in zip(cameras, offsets, strict=True):
        if frames is None and is_auto:
            warnings.append(f"view {camera.name}: too little motion to tell whether it is late")
        elif frames:
            done = "corrected" if is_auto else "set sync=auto to correct it"
            warnings.append(f"view {camera.name} is {frames:+d} frames late ({done})")
    return warnings


def adjust_cameras(captures: list[Capture], options: Options) -> list[Capture]:
    """Adjust the cameras to all people, as far as the mode asks for it.

    Raises:
        ValueError: Hardly any keypoint that is confident enough is seen by two views.
    """
    cameras, source = captures[0].cameras, captures[0].camera_source
    if options.mode == "triangulate" and source is CameraSource.GIVEN:
        return captures
    keypoints = _confident_for_cameras(together(captures), options.camera_confidence)
    if options.engine == "aniposelib":
        cameras = anipose_engine.adjust(cameras, keypoints)
    elif source is CameraSource.PEOPLE:
        # They have just been estimated from nothing; there is no gauge of the user's to keep.
        return captures
    else:
        free_intrinsics = options.mode == "estimate_cameras" or source is CameraSource.AIST_RING
        cameras = bundle_adjust(cameras, keypoints, free_intrinsics)
    return [replace(capture, cameras=cameras) for capture in captures]


def _cameras_from_people(
    inputs: Inputs, people: np.ndarray, options: Options, *, warnings: list[str]
) -> list[Camera]:
    """From one person alone, or from all who can be told apart without cameras."""
    unposed = [
        unposed_camera(name, size or _likely_size(view))
        for name, size, view in zip(inputs.names, inputs.sizes, people, strict=True)
    ]
    warnings.append("no cameras were given: they were estimated from the people")
    if options.scale == "none":
        warnings.append("the unit of length is arbitrary: set scale, for example height:1.75")
    seen = _confident_for_cameras(people, options.camera_confidence)
    person = main_person(people) if people.shape[2] == 1 else lonely_person(people)
    if person is None:
        cameras = pose_cameras_of_crowd(unposed, seen, inputs.skeleton)
        if cameras is None:
            raise ValueError(NOBODY_ALONE)
        return cameras
    cameras, doubts = pose_cameras(
        unposed, _confident_for_cameras(person, options.camera_confidence)
    )
    warnings += doubts
    return cameras


def _confident_for_cameras(keypoints: np.ndarray, camera_confidence: float) -> np.ndarray:
    kept = confident(keypoints, camera_confidence)
    if np.isfinite(keypoints).any() and not np.isfinite(kept).any():
        raise ValueError(
            f"no keypoint reaches camera_confidence {camera_confidence:g} (the highest confidence "
            f"is {np.nanmax(keypoints[..., 2]):.2g}): lower camera_confidence"
        )
    return kept


def _likely_size(view: np.ndarray) -> tuple[int, int]:
    """The usual picture into which all keypoints fit, where no file tells it."""
    width, height = np.nanmax(np.nan_to_num(view[..., :2]).reshape(-1, 2), axis=0)
    sizes = [size for w, h in USUAL_SIZES for size in ((w, h), (h, w))]
    fitting = [size for size in sizes if width <= size[0] and height <= size[1]]
    smallest = (int(np.ceil(width)), int(np.ceil(height)))
    return min(fitting, key=lambda size: size[0] * size[1], default=smallest)


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
