"""The body over a frame of a camera's video."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import draw_body, frame_vertices

OPACITY = 0.75
BLUE = (215, 150, 90)
NEEDED = ("matrix", "rotation", "translation")


@dataclass(frozen=True)
class Backdrop:
    """What the body is drawn over.

    Attributes:
        picture: uint8 (H, W, 3), BGR, undistorted.
        camera: (3, 4), the keypoints' world to pixels.
        frame: Of the motion.
    """

    picture: np.ndarray
    camera: np.ndarray
    frame: int


def read_cameras(path: str) -> list[dict[str, Any]]:
    """The list of cameras of an AIST++ .json file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no such list.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}: cameras_path takes AIST++'s .json")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not a whole .json file ({error})") from error
    if not isinstance(found, list) or not all(isinstance(camera, dict) for camera in found):
        raise ValueError(f"{file} holds no list of cameras, as AIST++ and cameras.json have it")
    return found


def backdrop(cameras: list[dict[str, Any]], name: str, video: str, frames: int) -> Backdrop:
    """The middle one of ``frames`` frames of a video, and its camera.

    Args:
        cameras: Dictionaries as infer_multiview_triangulation publishes them.
        name: Of the camera that took the video; empty for the first.
        video: Its path.
        frames: Of the motion.

    Raises:
        ValueError: There is no such camera, or the video cannot be read.
    """
    frame = frames // 2
    return camera_backdrop(_chosen(cameras, name), _read_frame(video, frame), frame)


def camera_backdrop(camera: dict[str, Any], picture: np.ndarray, frame: int) -> Backdrop:
    """What ``camera`` saw in ``frame``: uint8 BGR (H, W, 3), freed of its distortion."""
    matrix = np.array(camera["matrix"], float)
    if camera.get("size"):
        # A camera calibrated at another resolution of the same picture.
        matrix[:2] *= np.divide(picture.shape[1::-1], camera["size"])[:, None]
    distortions = np.array(camera.get("distortions") or [0.0] * 5, float)
    rotation = cv2.Rodrigues(np.array(camera["rotation"], float))[0]
    place = np.column_stack([rotation, np.ravel(camera["translation"])])
    return Backdrop(cv2.undistort(picture, matrix, distortions), matrix @ place, frame)


def draw_over(behind: Backdrop, motion: BodyMotion, model: BodyModel) -> np.ndarray:
    """The body over its picture: uint8 RGB.

    Args:
        behind: The picture.
        motion: In the keypoints' world and unit.
        model: The body.
    """
    vertices = frame_vertices(motion, model, behind.frame)
    drawn = draw_body(behind.picture, vertices, model.faces, behind.camera, BLUE, OPACITY)
    return cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB)


def _read_frame(video: str, frame: int) -> np.ndarray:
    reader = cv2.VideoCapture(video)
    if not reader.isOpened():
        raise ValueError(f"video_path {video} cannot be opened as a video")
    reader.set(cv2.CAP_PROP_POS_FRAMES, frame)
    is_read, picture = reader.read()
    reader.release()
    if not is_read:
        raise ValueError(
            f"{video} has no frame {frame}, the middle of the keypoints': is it their video?"
        )
    return picture


def _chosen(cameras: list[dict[str, Any]], name: str) -> dict[str, Any]:
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
