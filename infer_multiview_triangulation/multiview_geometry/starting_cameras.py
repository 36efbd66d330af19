"""The cameras from which a reconstruction starts: given, AIST's ring, or estimated from people."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from .calibration.crowd import adjust_to_crowd, pose_cameras_of_crowd
from .calibration.unposed import pose_cameras, unposed_camera
from .camera import Camera
from .cameras.aist_ring import ring_cameras
from .cameras.alignment import align_cameras
from .inputs import Inputs, Options, confident
from .people.identity import main_person
from .people.unposed import LEAST_ALONE, lonely_person
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


def starting_cameras(
    inputs: Inputs, people: np.ndarray, options: Options, warnings: list[str]
) -> tuple[list[Camera], CameraSource]:
    """The cameras that were given, else AIST's ring, else estimated from the people.

    What was done about missing cameras is added to ``warnings``.

    Args:
        people: (V, F, P, J, 3), those of the inputs that are confident enough.

    Raises:
        ValueError: The views share too little to place the cameras, or who is who cannot be told.
    """
    if inputs.cameras is not None:
        return list(inputs.cameras), CameraSource.GIVEN
    if options.start_cameras == "aist":
        warnings.append("no cameras were given: they are estimated from AIST's ring")
        ring = ring_cameras(inputs.names)
        several = people.shape[2] > 1
        return _ring_of_crowd(ring, people, inputs) if several else ring, CameraSource.AIST_RING
    return _cameras_from_people(inputs, people, options, warnings=warnings), CameraSource.PEOPLE


def _ring_of_crowd(ring: list[Camera], people: np.ndarray, inputs: Inputs) -> list[Camera]:
    """The ring moved to where the people say that its cameras stand.

    As it is, it is too inexact to tell people apart by; it stays where they say too little.
    """
    posed = pose_cameras_of_crowd(ring, people, inputs.skeleton)
    return ring if posed is None else align_cameras(posed[0], ring)


def _cameras_from_people(
    inputs: Inputs, people: np.ndarray, options: Options, *, warnings: list[str]
) -> list[Camera]:
    """From one person alone, or from all who can be told apart without cameras."""
    unposed = [
        unposed_camera(name, size or _likely_size(view))
        for name, size, view in zip(inputs.names, inputs.sizes, people, strict=True)
    ]
    who = "person" if people.shape[2] == 1 else "people"
    warnings.append(f"no cameras were given: they were estimated from the {who}")
    if options.scale == "none":
        warnings.append("the unit of length is arbitrary: set scale, for example height:1.75")
    if people.shape[2] == 1:
        seen = confident_for_cameras(main_person(people), options.camera_confidence)
        cameras, doubts = pose_cameras(unposed, seen)
    else:
        seen = confident_for_cameras(people, options.camera_confidence)
        cameras, doubts = _cameras_from_crowd(unposed, seen, inputs.skeleton)
    warnings += doubts
    return cameras


def _cameras_from_crowd(
    unposed: list[Camera], people: np.ndarray, skeleton: Skeleton
) -> tuple[list[Camera], list[str]]:
    """From who is alone long enough, else from all, else from who is alone at all."""
    lonely = lonely_person(people)
    if lonely is None:
        posed = pose_cameras_of_crowd(unposed, people, skeleton)
        if posed is not None:
            return posed
        lonely = lonely_person(people, LEAST_ALONE)
    if lonely is None:
        raise ValueError(NOBODY_ALONE)
    cameras, doubts = pose_cameras(unposed, lonely)
    return adjust_to_crowd(cameras, people, skeleton), doubts


def confident_for_cameras(keypoints: np.ndarray, camera_confidence: float) -> np.ndarray:
    """The keypoints (..., 3), NaN where they are not confident enough to adjust cameras by.

    Raises:
        ValueError: None is.
    """
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
