"""What is checked and chosen before anything is computed: people, cameras, offsets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import anipose_engine
from .aist import ring_cameras
from .camera import Camera
from .identity import main_person, people_by_geometry
from .options import ENGINES, METHODS, MODES, OBJECTIVES, Options
from .sync import find_offsets, shifted
from .unposed import pose_cameras, unposed_camera

OUTSIDE_SHARE, OUTSIDE_MARGIN = 0.2, 1.02


def check(
    keypoints: np.ndarray,
    cameras: Sequence[Camera] | None,
    options: Options,
    names: Sequence[str],
    sizes: Sequence[tuple[int, int] | None],
) -> None:
    if keypoints.ndim != 5 or keypoints.shape[-1] != 3:
        raise ValueError(f"keypoints must be (V, F, P, J, 3), they are {keypoints.shape}")
    if not keypoints.size:
        raise ValueError(f"keypoints of shape {keypoints.shape} hold nothing to reconstruct")
    if len(keypoints) < 2:
        raise ValueError("one view cannot be triangulated: give the keypoints of at least two")
    choices = {"mode": MODES, "method": METHODS, "engine": ENGINES, "objective": OBJECTIVES}
    for name, known in choices.items():
        if getattr(options, name) not in known:
            raise ValueError(f"{name} {getattr(options, name)!r} is not one of {', '.join(known)}")
    if options.engine == "aniposelib":
        anipose_engine.require()
    for name, told in (("names", names), ("sizes", sizes)):
        if len(told) not in (0, len(keypoints)):
            raise ValueError(f"there are {len(told)} {name} for {len(keypoints)} views: give all")
    if cameras is None:
        return
    if len(cameras) != len(keypoints):
        raise ValueError(
            f"there are {len(keypoints)} views of keypoints and {len(cameras)} cameras "
            f"({', '.join(c.name for c in cameras)}): give one camera a view, in the same order"
        )
    for camera, view in zip(cameras, keypoints, strict=True):
        if camera.size is None:
            continue
        xy = view[np.isfinite(view).all(-1) & (np.nan_to_num(view[..., 2]) > 0)][:, :2]
        limit = OUTSIDE_MARGIN * np.array(camera.size)
        outside = (xy > limit).any(axis=1) | (xy < -0.02 * limit).any(axis=1)
        if len(xy) and outside.mean() > OUTSIDE_SHARE:
            raise ValueError(
                f"{outside.mean():.0%} of the keypoints of view {camera.name} lie outside its "
                f"picture of {camera.size[0]}x{camera.size[1]} pixels (the farthest at "
                f"{xy.max(axis=0).round()}): the detector ran at another resolution than the "
                "calibration"
            )


def in_view_order(
    cameras: Sequence[Camera], names: Sequence[str], warnings: list[str]
) -> list[Camera]:
    """The cameras of the views by name, where every view's name is a camera's; else unchanged.

    Files list cameras in orders of their own, and may hold some that have no view.
    """
    by_name = {camera.name: camera for camera in cameras}
    if not set(names) <= set(by_name):
        return list(cameras)
    left_out = [name for name in by_name if name not in names]
    if left_out:
        warnings.append(f"no view has the name of camera {', '.join(left_out)}: left out")
    elif list(names) != list(by_name):
        warnings.append("the cameras stand in another order than the views: taken by name")
    return [by_name[name] for name in names]


def confident(keypoints: np.ndarray, least: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(keypoints).all(axis=-1) & (keypoints[..., 2] >= max(least, 1e-6))
    return np.where(usable[..., None], keypoints, np.nan)


def with_cameras(
    people: np.ndarray,
    cameras: Sequence[Camera] | None,
    options: Options,
    names: Sequence[str],
    sizes: Sequence[tuple[int, int] | None],
    warnings: list[str],
) -> tuple[np.ndarray, list[Camera]]:
    """The person (V, F, J, 3), and the cameras: given, AIST's ring, or estimated from nothing."""
    if cameras is None and options.start_cameras == "aist":
        warnings.append("no cameras were given: they are estimated from AIST's ring")
        cameras = ring_cameras(names)
    if cameras is None:
        chosen = main_person(people)
        sizes = list(sizes) or [None] * len(people)
        given = [
            unposed_camera(name, size or _likely_size(view))
            for name, size, view in zip(names, sizes, chosen, strict=True)
        ]
        warnings.append("no cameras were given: they were estimated from the person")
        if options.scale == "none":
            warnings.append("the unit of length is arbitrary: set scale, for example height:1.75")
        posed = pose_cameras(given, confident(chosen, options.camera_confidence), True)
        warnings += posed.warnings
        cameras = posed.cameras
    cameras = list(cameras)
    return _person(people, cameras, options.person, warnings), cameras


def _likely_size(view: np.ndarray) -> tuple[int, int]:
    """The usual picture into which all keypoints fit, where no file tells it."""
    far = np.nanmax(np.nan_to_num(view[..., :2]).reshape(-1, 2), axis=0)
    usual = ((640, 480), (1280, 720), (1920, 1080), (2704, 1520), (3840, 2160))
    candidates = [s for w, h in usual for s in ((w, h), (h, w))]
    fitting = [s for s in candidates if far[0] <= s[0] and far[1] <= s[1]]
    return min(fitting, key=lambda s: s[0] * s[1]) if fitting else tuple(np.ceil(far).astype(int))


def _person(
    people: np.ndarray, cameras: list[Camera], index: int | None, warnings: list[str]
) -> np.ndarray:
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


def synchronised(
    chosen: np.ndarray, cameras: list[Camera], options: Options, warnings: list[str]
) -> tuple[np.ndarray, list[int] | None]:
    if options.sync == "off":
        return chosen, None
    offsets = find_offsets(cameras, chosen, options.max_offset)
    for camera, frames, certain in zip(cameras, offsets.frames, offsets.certain, strict=True):
        if not certain:
            warnings.append(f"view {camera.name}: too little motion to tell whether it is late")
        elif frames:
            done = "corrected" if options.sync == "auto" else "set sync=auto to correct it"
            warnings.append(f"view {camera.name} is {frames:+d} frames late ({done})")
    if options.sync == "auto":
        chosen = shifted(chosen, np.where(offsets.certain, offsets.frames, 0))
    return chosen, offsets.frames.tolist()
