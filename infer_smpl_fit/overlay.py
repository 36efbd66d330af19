"""The body over a frame of a camera's video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .infer_smpl_fit_kit.files import load_json
from .smpl_body.model import BodyModel
from .smpl_export.figures import Figure
from .smpl_export.motion import BodyMotion
from .smpl_export.render import bodies_at, draw_bodies

OPACITY = 0.75
BLUE = (90, 150, 215)
NEEDED = ("matrix", "rotation", "translation")
# How many numbers each takes; of distortions those that OpenCV knows.
COUNTS = {
    "matrix": (9,),
    "rotation": (3,),
    "translation": (3,),
    "distortions": (4, 5, 8, 12, 14),
    "size": (2,),
}
# Pixels and coefficients are small; places on the earth in millimetres are not.
MOST, FARTHEST = 1e7, 1e12

Camera = dict[str, Any]


@dataclass(frozen=True)
class Backdrop:
    """What the body is drawn over.

    Attributes:
        picture: uint8 RGB (H, W, 3), undistorted.
        camera: (3, 4), the keypoints' world to pixels.
        frame: Of the motion.
    """

    picture: np.ndarray
    camera: np.ndarray
    frame: int


def read_cameras(path: str) -> list[Camera]:
    """The list of cameras of an AIST++ .json file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no such list.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}: cameras_path takes AIST++'s .json")
    try:
        cameras = load_json(file)
    except ValueError as error:
        raise ValueError(f"{file} is not a whole .json file ({error.__cause__})") from error
    if not isinstance(cameras, list) or not all(isinstance(camera, dict) for camera in cameras):
        raise ValueError(f"{file} holds no list of cameras, as AIST++ and cameras.json have it")
    return cameras


def find_camera(cameras: list[Camera], name: str) -> Camera:
    """The camera of that name, as infer_multiview_triangulation publishes it; the first for "".

    Raises:
        ValueError: There is none, or it lacks something.
    """
    if not cameras:
        raise ValueError("video_path needs the cameras: connect input 1, or set cameras_path")
    for index, camera in enumerate(cameras):
        if name not in ("", camera.get("name")):
            continue
        missing = [key for key in NEEDED if key not in camera]
        if missing:
            raise ValueError(f"camera {camera.get('name', index)} has no {', '.join(missing)}")
        return camera
    names = ", ".join(str(camera.get("name")) for camera in cameras)
    raise ValueError(f"there is no camera {name!r} to draw the body for; there are: {names}")


@contextmanager
def cameras_of(source: str) -> Iterator[None]:
    """Let what is wrong with cameras be told with where they come from."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error


def frames_before(video: str | Path, first_frame: int, warnings: list[str]) -> int:
    """How many frames a video has before the motion's first, by the number of that.

    Where the video is too short to have that number, it is taken to begin with the motion, and
    ``warnings`` says so.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no video.
    """
    if first_frame <= 1:
        return 0
    # PyAV is loaded by those alone who draw over a video.
    from .infer_smpl_fit_kit.video import VideoInfo

    try:
        count = VideoInfo.from_path(video).frame_count
    except FileNotFoundError as error:
        raise FileNotFoundError(f"video_path {video} cannot be opened: {error}") from error
    if not 0 < count <= first_frame:
        return first_frame
    warnings.append(
        f"the keypoints begin with frame {first_frame}, but {Path(video).name} has {count} frames: "
        "it is taken to begin where they begin"
    )
    return 0


def read_video_frame(video: str, frame: int) -> np.ndarray:
    """One frame of a video: uint8 RGB (H, W, 3).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no video, or ends before.
    """
    # PyAV is loaded by those alone who draw over a video.
    from .infer_smpl_fit_kit.video import frame_at

    try:
        return frame_at(video, frame)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"video_path {video} cannot be opened: {error}") from error
    except ValueError as error:
        raise ValueError(
            f"video_path: {error}. Frame {frame} is the middle of the keypoints': is this their "
            "video?"
        ) from error


def numbers_of(camera: Camera, key: str) -> np.ndarray:
    """The float64 numbers (n,) that a camera has under a key; none where it lacks an optional one.

    Raises:
        ValueError: They are too few or many, or no finite numbers.
    """
    if key not in NEEDED and not camera.get(key):
        return np.zeros(0)
    counts, values = COUNTS[key], np.zeros(0)
    with suppress(OverflowError, TypeError, ValueError):
        values = np.array(camera[key], float).ravel()
    most = FARTHEST if key == "translation" else MOST
    if values.size not in counts or not (np.abs(values) < most).all():
        raise ValueError(
            f"camera {camera.get('name', 'without a name')}: {key} is {str(camera[key])[:60]}, "
            f"where {' or '.join(map(str, counts))} finite numbers are needed"
        )
    return values


def camera_backdrop(camera: Camera, picture: np.ndarray, frame: int) -> Backdrop:
    """What ``camera`` saw in ``frame``: uint8 RGB (H, W, 3), freed of its distortion.

    Raises:
        ValueError: The camera holds a value that none can have.
    """
    matrix, size = numbers_of(camera, "matrix").reshape(3, 3), numbers_of(camera, "size")
    if len(size) and (size >= 1).all():
        # A camera calibrated at another resolution of the same picture.
        matrix[:2] *= np.divide(picture.shape[1::-1], size)[:, None]
    if min(matrix[0, 0], matrix[1, 1]) <= 0:
        raise ValueError(f"camera {camera.get('name')}: matrix has no focal length: {matrix[0, 0]}")
    distortions = numbers_of(camera, "distortions")
    distortions = distortions if len(distortions) else np.zeros(5)
    rotation = cv2.Rodrigues(numbers_of(camera, "rotation"))[0]
    extrinsics = np.column_stack([rotation, numbers_of(camera, "translation")])
    return Backdrop(cv2.undistort(picture, matrix, distortions), matrix @ extrinsics, frame)


def draw_over(backdrop: Backdrop, motion: BodyMotion, model: BodyModel) -> np.ndarray:
    """The body over its picture: uint8 RGB (H, W, 3).

    Args:
        backdrop: The picture.
        motion: In the keypoints' world and unit.
        model: The body.
    """
    return draw_people_over(backdrop, [Figure(motion, BLUE)], model)


def draw_people_over(backdrop: Backdrop, figures: Sequence[Figure], model: BodyModel) -> np.ndarray:
    """Those who are there over their picture, in their colours: uint8 RGB (H, W, 3).

    Args:
        backdrop: The picture.
        figures: In the keypoints' world and unit.
        model: The body.
    """
    bodies = [(body, figure.colour) for body, figure in bodies_at(figures, model, backdrop.frame)]
    return draw_bodies(
        backdrop.picture, bodies, model.faces, camera=backdrop.camera, opacity=OPACITY
    )
