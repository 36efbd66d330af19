"""A video of the fitted body beside the 3D keypoints, and over a camera's video where given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from workflows.motion import FIT, TRIANGULATION
from workflows.video_reader import VideoInfo, VideoReader
from workflows.video_writer import VideoSink

PANEL = (640, 720)
MOST_RATE = 30.0
MARGIN = 1.3
PAPER, BONE, JOINT = 244, (190, 90, 40), (30, 40, 160)
VIEW = np.array([0.45, 0.2, 1.0])
TRUNK = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)


@dataclass(frozen=True)
class _Scene:
    """What is drawn: the body in metres, keypoints (F, J, 3) in the world's unit, both y up."""

    motion: Any
    model: Any
    keypoints: np.ndarray
    bones: list[tuple[int, int]]
    camera: np.ndarray
    keypoint_camera: np.ndarray


def write_preview(
    path: Path,
    tasks: Mapping[str, Any],
    body_file: str,
    gender: str,
    video: Path | None,
    progress: Callable[[float], None],
) -> None:
    """Draw the body and the keypoints side by side, at 30 frames a second at most."""
    from infer_smpl_fit.smpl_body.loader import load_body

    report = dict(tasks[TRIANGULATION].get_output(1).data)
    fit = dict(tasks[FIT].get_output(4).data)
    model = load_body(body_file or None, gender)
    scene, in_world = _scene(tasks, report, fit, model)
    rate = Fraction(report["fps"]).limit_denominator(1001)
    step = max(1, round(float(rate) / MOST_RATE))
    frames = range(0, len(scene.keypoints), step)
    panels = 3 if video is not None else 2
    overlays = _overlays(video, in_world, model, report["cameras"], step) if video else None
    size = (panels * PANEL[0], PANEL[1])
    with VideoSink(path, *size, rate / step, step / rate) as sink:
        for index, frame in enumerate(frames):
            row = [_body(scene, frame), _keypoints(scene, frame)]
            if overlays is not None:
                row.insert(0, next(overlays, np.full((PANEL[1], PANEL[0], 3), PAPER, np.uint8)))
            sink.write(np.ascontiguousarray(np.hstack(row)), index)
            progress((index + 1) / len(frames))


def _scene(
    tasks: Mapping[str, Any], report: dict[str, Any], fit: dict[str, Any], model: Any
) -> tuple[_Scene, Any]:
    from infer_smpl_fit.outputs import upward_axis
    from infer_smpl_fit.smpl_body.world import UNITS, rotation_to_y_up
    from infer_smpl_fit.smpl_export.motion import BodyMotion
    from infer_smpl_fit.smpl_export.render import look_at

    poses, transl, scaling, betas = (tasks[FIT].get_output(i).get_array() for i in range(4))
    units = UNITS[fit["unit"]]
    motion = BodyMotion(poses, transl, betas.ravel(), float(scaling[0, 0]), report["fps"])
    motion = motion.in_metres(units) if fit["mode"] == "aist" else motion
    turn = rotation_to_y_up(upward_axis(motion))
    standing = motion.rotated(turn, model)
    keypoints = tasks[TRIANGULATION].get_output(0).get_array() / units @ turn.T
    seen = keypoints[np.isfinite(keypoints).all(axis=2)]
    low, high = np.percentile(seen, (1, 99), axis=0)
    span = 1.35 * max(high[1] - low[1], (high[0] - low[0]) * PANEL[1] / PANEL[0], 1.0)
    camera = look_at((low + high) / 2, VIEW, up=np.array([0.0, 1, 0]), span=span, size=PANEL)
    names = report["joints"]
    bones = [tuple(names.index(name) for name in bone["joints"]) for bone in report["bone_lengths"]]
    bones += [(names.index(a), names.index(b)) for a, b in TRUNK if a in names and b in names]
    scene = _Scene(standing, model, keypoints, bones, camera, camera)
    return scene, motion.in_units(units)


def _body(scene: _Scene, frame: int) -> np.ndarray:
    from infer_smpl_fit.smpl_export.render import draw_frame

    blank = np.full((PANEL[1], PANEL[0], 3), PAPER, np.uint8)
    return draw_frame(blank, scene.motion, scene.model, frame=frame, camera=scene.camera)


def _keypoints(scene: _Scene, frame: int) -> np.ndarray:
    from infer_smpl_fit.smpl_export.render import project

    picture = np.full((PANEL[1], PANEL[0], 3), PAPER, np.uint8)
    pixels, _ = project(scene.keypoints[frame], scene.keypoint_camera)
    known = np.isfinite(pixels).all(axis=1)
    places = np.rint(np.nan_to_num(pixels)).astype(int)
    for a, b in scene.bones:
        if known[a] and known[b]:
            cv2.line(picture, places[a].tolist(), places[b].tolist(), BONE, 3, cv2.LINE_AA)
    for place in places[known]:
        cv2.circle(picture, place.tolist(), 4, JOINT, -1, cv2.LINE_AA)
    return picture


def _overlays(
    video: Path, motion: Any, model: Any, cameras: list[dict[str, Any]], step: int
) -> Iterator[np.ndarray]:
    """The body over each shown frame of the first camera's video, cut out around its path."""
    from infer_smpl_fit.overlay import camera_backdrop, draw_over
    from infer_smpl_fit.smpl_export.render import project

    places = motion.joint_places(model).reshape(-1, 3)
    for index, frame in enumerate(VideoReader(VideoInfo.from_path(video))):
        if index >= len(motion):
            return
        if index % step == 0:
            behind = camera_backdrop(cameras[0], frame.image, index)
            drawn = draw_over(behind, motion, model)
            pixels, _ = project(places, behind.camera)
            yield _fitted(drawn[_around(pixels, drawn.shape)])


def _around(pixels: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the panel's shape around pixels (N, 2), inside the picture."""
    low, high = np.nanpercentile(pixels, (0.5, 99.5), axis=0)
    middle, extent = (low + high) / 2, MARGIN * (high - low)
    height = max(extent[1], extent[0] * PANEL[1] / PANEL[0])
    size = np.array([height * PANEL[0] / PANEL[1], height])
    room = np.array([shape[1], shape[0]])
    size = np.minimum(size, room)
    first = np.clip(middle - size / 2, 0, room - size).astype(int)
    last = first + size.astype(int)
    return slice(first[1], last[1]), slice(first[0], last[0])


def _fitted(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = min(PANEL[0] / width, PANEL[1] / height)
    size = (round(width * scale), round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(picture, size, interpolation=method)
    panel = np.full((PANEL[1], PANEL[0], 3), PAPER, np.uint8)
    top, left = (PANEL[1] - size[1]) // 2, (PANEL[0] - size[0]) // 2
    panel[top : top + size[1], left : left + size[0]] = small
    return panel
