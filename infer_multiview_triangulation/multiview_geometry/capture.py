"""One person as calibrated views see them: who it is, what the cameras are, when frames were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from . import anipose_engine
from .calibration.bundle import bundle_adjust
from .calibration.unposed import pose_cameras, unposed_camera
from .camera import Camera
from .cameras.aist_ring import ring_cameras
from .inputs import Inputs, Options, confident
from .people.identity import main_person, people_by_geometry
from .sequence.synchronisation import find_offsets, shift_views
from .skeletons import Skeleton

USUAL_SIZES = ((640, 480), (1280, 720), (1920, 1080), (2704, 1520), (3840, 2160))


class CameraSource(Enum):
    """Where the cameras come from."""

    GIVEN = auto()
    AIST_RING = auto()
    PEOPLE = auto()


@dataclass(frozen=True)
class Capture:
    """What the steps of a reconstruction work on.

    Attributes:
        keypoints: (V, F, J, 3) pixels and confidence of the one person, NaN where missing.
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


def find_capture(inputs: Inputs, options: Options, warnings: list[str]) -> Capture:
    """Choose the person, with the cameras given, AIST's ring, or estimated from nothing.

    What was done about missing cameras is added to ``warnings``.

    Raises:
        ValueError: There is no such person, or the views share too little to place the cameras.
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
    times = inputs.timestamps
    return Capture(
        keypoints=_choose_person(people, cameras, options.person, warnings=warnings),
        cameras=cameras,
        camera_source=source,
        skeleton=inputs.skeleton,
        fps=inputs.fps,
        timestamps=np.arange(people.shape[1]) if times is None else np.asarray(times),
    )


def synchronise(
    capture: Capture, options: Options, warnings: list[str]
) -> tuple[Capture, list[int] | None]:
    """Find the frames by which each view is late and, with sync=auto, bring late ones forward.

    What was found is added to ``warnings``.

    Returns:
        The capture and the offsets (V); None where nobody asked.
    """
    if options.sync == "off":
        return capture, None
    offsets = find_offsets(capture.cameras, capture.keypoints, options.max_offset)
    views = zip(capture.cameras, offsets.frames, offsets.certain, strict=True)
    for camera, frames, certain in views:
        if not certain:
            warnings.append(f"view {camera.name}: too little motion to tell whether it is late")
        elif frames:
            done = "corrected" if options.sync == "auto" else "set sync=auto to correct it"
            warnings.append(f"view {camera.name} is {frames:+d} frames late ({done})")
    if offsets.at_limit.any():
        names = [capture.cameras[view].name for view in np.flatnonzero(offsets.at_limit)]
        warnings.append(
            f"the views {', '.join(names)} fit best at the limit of the search, max_offset "
            f"{options.max_offset} frames: they may be later than that; raise max_offset"
        )
    if options.sync == "auto":
        shifts = np.where(offsets.certain, offsets.frames, 0)
        capture = replace(capture, keypoints=shift_views(capture.keypoints, shifts))
    return capture, offsets.frames.tolist()


def adjust_cameras(capture: Capture, options: Options) -> Capture:
    """Adjust the cameras to the person, as far as the mode asks for it.

    Raises:
        ValueError: Hardly any keypoint that is confident enough is seen by two views.
    """
    source = capture.camera_source
    if options.mode == "triangulate" and source is CameraSource.GIVEN:
        return capture
    keypoints = _confident_for_cameras(capture.keypoints, options.camera_confidence)
    if options.engine == "aniposelib":
        return replace(capture, cameras=anipose_engine.adjust(capture.cameras, keypoints))
    if source is CameraSource.PEOPLE:
        # They have just been estimated from nothing; there is no gauge of the user's to keep.
        return capture
    free_intrinsics = options.mode == "estimate_cameras" or source is CameraSource.AIST_RING
    return replace(capture, cameras=bundle_adjust(capture.cameras, keypoints, free_intrinsics))


def _cameras_from_people(
    inputs: Inputs, people: np.ndarray, options: Options, *, warnings: list[str]
) -> list[Camera]:
    person = main_person(people)
    unposed = [
        unposed_camera(name, size or _likely_size(view))
        for name, size, view in zip(inputs.names, inputs.sizes, person, strict=True)
    ]
    warnings.append("no cameras were given: they were estimated from the person")
    if options.scale == "none":
        warnings.append("the unit of length is arbitrary: set scale, for example height:1.75")
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


def _choose_person(
    people: np.ndarray, cameras: Sequence[Camera], index: int | None, *, warnings: list[str]
) -> np.ndarray:
    """(V, F, J, 3) of (V, F, P, J, 3)."""
    if people.shape[2] == 1:
        if index not in (None, 0):
            raise ValueError(f"person {index} was asked for, but the files show one person")
        return people[:, :, 0]
    everybody = people_by_geometry(cameras, people)
    if not everybody:
        warnings.append("the views do not agree on any person; the main person of each is used")
        return main_person(people)
    if index is not None and index >= len(everybody):
        raise ValueError(
            f"person {index} was asked for, but the views show {len(everybody)} (from 0 on)"
        )
    return everybody[index or 0]
