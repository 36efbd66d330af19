"""The body over a frame of a camera's video."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .smpl_body.model import BodyModel
from .smpl_export.motion import BodyMotion
from .smpl_export.render import draw_body, frame_vertices

OPACITY = 0.75
BLUE = (90, 150, 215)
NEEDED = ("matrix", "rotation", "translation")

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
        cameras = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not a whole .json file ({error})") from error
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


def camera_backdrop(camera: Camera, picture: np.ndarray, frame: int) -> Backdrop:
    """What ``camera`` saw in ``frame``: uint8 RGB (H, W, 3), freed of its distortion."""
    matrix = np.array(camera["matrix"], float)
    if camera.get("size"):
        # A camera calibrated at another resolution of the same picture.
        matrix[:2] *= np.divide(picture.shape[1::-1], camera["size"])[:, None]
    distortions = np.array(camera.get("distortions") or [0.0] * 5, float)
    rotation = cv2.Rodrigues(np.array(camera["rotation"], float))[0]
    extrinsics = np.column_stack([rotation, np.ravel(camera["translation"])])
    return Backdrop(cv2.undistort(picture, matrix, distortions), matrix @ extrinsics, frame)


def draw_over(backdrop: Backdrop, motion: BodyMotion, model: BodyModel) -> np.ndarray:
    """The body over its picture: uint8 RGB (H, W, 3).

    Args:
        backdrop: The picture.
        motion: In the keypoints' world and unit.
        model: The body.
    """
    vertices, camera = frame_vertices(motion, model, backdrop.frame), backdrop.camera
    return draw_body(
        backdrop.picture, vertices, model.faces, camera=camera, colour=BLUE, opacity=OPACITY
    )
