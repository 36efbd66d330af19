"""Videos of several cameras before anything is done with them: what is missing, whose is whose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_json
from infer_multiview_triangulation.multiview_geometry import Camera
from infer_multiview_triangulation.multiview_geometry.picture_sizes import SAME_SHAPE
from infer_people.people_files import View, find_views
from plugin_kit.video import count_frames

LEAST_VIEWS = 2


@dataclass(frozen=True)
class CameraVideos:
    """The videos of a capture, one a camera.

    Attributes:
        views: In their order.
        counts: How many frames each holds, about.
        cameras: The calibrated camera of each, bearing the view's name; None without a calibration.
        is_renamed: Whether these are not simply the file's.
        warnings: What is odd about them.
    """

    views: list[View]
    counts: list[int]
    cameras: list[Camera] | None
    is_renamed: bool
    warnings: list[str]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return tuple(view.info.path for view in self.views)

    def cameras_file(self, folder: Path, given: Path | None) -> Path | None:
        """A calibration of these views alone, by their names: ``given`` where it is one already.

        Args:
            folder: Where another is written, under a hidden name.
            given: The calibration that was read.
        """
        if self.cameras is None or not self.is_renamed:
            return given
        path = folder / ".cameras.json"
        write_cameras_json(path, self.cameras)
        return path


def camera_videos(videos: Sequence[Path], calibration: Path | None) -> CameraVideos:
    """Find the videos and the camera of each.

    Args:
        videos: A folder, or the files.
        calibration: Of their cameras.

    Raises:
        FileNotFoundError: Nothing is there, or the folder holds no video.
        ValueError: There are fewer than two, one cannot be read, a video has no camera in the
            calibration, or its pictures have another shape than the camera's.
    """
    views = find_views("\n".join(str(path) for path in videos))
    if len(views) < LEAST_VIEWS:
        raise ValueError(
            f"{views[0].info.path} is one camera's video alone: 3D takes the videos of two or more "
            "cameras that filmed at the same time; give their folder"
        )
    counts = [count_frames(view.info.path) for view in views]
    warnings = _odd_lengths(views, counts)
    if calibration is None:
        return CameraVideos(views, counts, None, False, warnings)
    known = read_cameras(calibration)
    cameras, is_renamed = _cameras_of(views, known, calibration, warnings=warnings)
    for view, camera in zip(views, cameras, strict=True):
        _check_shape(view, camera, calibration)
    return CameraVideos(views, counts, cameras, is_renamed, warnings)


def _odd_lengths(views: Sequence[View], counts: Sequence[int]) -> list[str]:
    seconds = [count / float(view.rate) for count, view in zip(counts, views, strict=True)]
    if max(seconds) - min(seconds) <= 1.5 / float(min(view.rate for view in views)):
        return []
    each = ", ".join(f"{v.name} {s:.2f} s" for v, s in zip(views, seconds, strict=True))
    return [
        f"the videos differ in length ({each}): they are taken to begin together, and what one has "
        "not is left empty; where they began apart, --sync auto looks for that"
    ]


def _cameras_of(
    views: Sequence[View], known: Sequence[Camera], source: Path, *, warnings: list[str]
) -> tuple[list[Camera], bool]:
    """The camera of each view under the view's name, and whether that changes anything.

    By equal names; by names that differ in case, separators and leading zeros alone; by the
    camera's name within the video's; and, where no name says anything, one after the other.
    """
    names = [view.name for view in views]
    for rule in (_equal, _alike, _within):
        found = [[camera for camera in known if rule(name, camera.name)] for name in names]
        chosen = [cameras[0].name for cameras in found if len(cameras) == 1]
        if len(chosen) == len(names) == len(set(chosen)):
            _tell_left_out(known, chosen, warnings)
            cameras = [
                replace(cameras[0], name=name) for cameras, name in zip(found, names, strict=True)
            ]
            return cameras, rule is not _equal or len(known) != len(names)
    # None of the rules gives everybody a camera.
    said = [name for name in names if any(_within(name, camera.name) for camera in known)]
    if said or len(known) != len(names):
        lost = [name for name in names if name not in said] or names
        raise ValueError(
            f"{', '.join(lost[:4])} cannot be told from names to be of which camera of {source}, "
            f"whose cameras are {', '.join(camera.name for camera in known)}: give each video its "
            "camera's name, and leave out videos of cameras that are not calibrated"
        )
    pairs = ", ".join(f"{n} = {c.name}" for n, c in zip(names, known, strict=True))
    warnings.append(
        f"the videos do not bear the names of the cameras of {source.name}: taken one after the "
        f"other ({pairs}); give them the same names if that is wrong"
    )
    return [replace(camera, name=name) for camera, name in zip(known, names, strict=True)], True


def _tell_left_out(known: Sequence[Camera], chosen: Sequence[str], warnings: list[str]) -> None:
    missing = [camera.name for camera in known if camera.name not in chosen]
    if missing:
        warnings.append(f"there is no video of camera {', '.join(missing)}: left out")


def _equal(video: str, camera: str) -> bool:
    return video == camera


def _alike(video: str, camera: str) -> bool:
    return _parts(video) == _parts(camera)


def _within(video: str, camera: str) -> bool:
    longer, shorter = _parts(video), _parts(camera)
    starts = range(len(longer) - len(shorter) + 1)
    return any(longer[start : start + len(shorter)] == shorter for start in starts)


def _parts(name: str) -> list[str | int]:
    """Words and numbers of a name, whatever stands between them.

    Example:
        >>> _parts("Cam_01"), _parts("take3-cam1")
        (['cam', 1], ['take', 3, 'cam', 1])
    """
    found = re.findall(r"\d+|[^\W\d_]+", name.lower())
    return [int(part) if part.isdecimal() else part for part in found]


def _check_shape(view: View, camera: Camera, source: Path) -> None:
    """Refuse pictures turned on their side, or cut far otherwise than the camera's."""
    if camera.size is None:
        return
    width, height = view.info.width, view.info.height
    ratio = (width / height) / (camera.size[0] / camera.size[1])
    # Pictures cut a little are mapped by the triangulation, which says so.
    if max(ratio, 1 / ratio) > (1 + SAME_SHAPE) ** 4:
        raise ValueError(
            f"{view.info.path} is {width}x{height}, and {source} says "
            f"{camera.size[0]:g}x{camera.size[1]:g} for its camera: give the video as it was "
            "filmed, upright as at the calibration, or calibrate for it"
        )
