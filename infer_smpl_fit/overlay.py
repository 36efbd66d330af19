"""The body over a frame of a camera's video."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import draw_body, frame_vertices

OPACITY = 0.75
BLUE = (215, 150, 90)


def body_over_video(
    motion: BodyMotion, model: BodyModel, cameras: list[dict[str, Any]], name: str, video: str
) -> np.ndarray:
    """Draw the body over the middle frame of ``video``: uint8 RGB.

    Args:
        motion: In the cameras' world and unit.
        cameras: Dictionaries as infer_multiview_triangulation publishes them.
        name: Of the camera that took the video; empty for the first.

    Raises:
        ValueError: There is no such camera, or the video cannot be read.
    """
    camera = _chosen(cameras, name)
    frame = len(motion) // 2
    reader = cv2.VideoCapture(video)
    reader.set(cv2.CAP_PROP_POS_FRAMES, frame)
    is_read, picture = reader.read()
    reader.release()
    if not is_read:
        raise ValueError(f"{video} has no frame {frame} that can be read")
    return draw_over(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), motion, model, camera, frame)


def draw_over(
    picture: np.ndarray, motion: BodyMotion, model: BodyModel, camera: dict[str, Any], frame: int
) -> np.ndarray:
    """Draw the body of ``frame`` over uint8 RGB ``picture`` (H, W, 3), freed of distortion."""
    matrix, distortions = np.array(camera["matrix"]), np.array(camera["distortions"])
    straight = cv2.undistort(picture[..., ::-1], matrix, distortions)
    vertices = frame_vertices(motion, model, frame)
    drawn = draw_body(straight, vertices, model.faces, projection(camera), BLUE, OPACITY)
    return cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB)


def projection(camera: dict[str, Any]) -> np.ndarray:
    """(3, 4), world to undistorted pixels."""
    rotation = cv2.Rodrigues(np.array(camera["rotation"], float))[0]
    translation = np.array(camera["translation"], float)
    return np.array(camera["matrix"]) @ np.column_stack([rotation, translation])


def _chosen(cameras: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for camera in cameras:
        if name in ("", camera["name"]):
            return camera
    names = ", ".join(camera["name"] for camera in cameras) or "none at input 1"
    raise ValueError(f"there is no camera {name!r} to draw the body for; there are: {names}")
