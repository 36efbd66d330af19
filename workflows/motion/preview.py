"""A video of the fitted body beside the 3D keypoints, and over a camera's video where given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_smpl_fit.overlay import camera_backdrop, draw_over, frames_before
from infer_smpl_fit.ports import Output as FitOutput
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion, rotation_to_y_up
from infer_smpl_fit.smpl_export.render import draw_body, frame_vertices, look_at, project
from plugin_kit.keypoints.trajectories import UNITS_PER_METRE, first_frame_of
from plugin_kit.pictures import plain
from plugin_kit.video import VideoInfo, VideoReader
from workflows.media.video_writer import VideoSink
from workflows.motion.options import MotionOptions

PANEL = (640, 720)
MOST_RATE = 30.0
MARGIN = 1.3
PAPER, BONE, JOINT = (244, 244, 244), (190, 90, 40), (30, 40, 160)
VIEW = np.array([0.45, 0.2, 1.0])
TRUNK = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)


@dataclass(frozen=True)
class _Scene:
    """What is drawn.

    Attributes:
        model: The body.
        motion: Its motion in metres, y up.
        in_world: The same in the keypoints' world and unit.
        keypoints: (F, J, 3) metres, y up.
        bones: Pairs of keypoints that a line joins.
        camera: (3, 4), what looks at the body and the keypoints alike.
    """

    model: BodyModel
    motion: BodyMotion
    in_world: BodyMotion
    keypoints: np.ndarray
    bones: list[tuple[int, int]]
    camera: np.ndarray


def write_preview(
    options: MotionOptions,
    triangulation: Any,
    fit: Any,
    *,
    model: BodyModel,
    progress: Callable[[float], None],
) -> None:
    """Draw the body and the keypoints side by side, at 30 frames a second at most.

    Args:
        options: Where ``preview.mp4`` goes, and whose video it is drawn over.
        triangulation: The task, after its run.
        fit: The task, after its run.
        model: The body.
        progress: Told the share that is drawn.
    """
    report = dict(triangulation.get_output(TriangulationOutput.REPORT).data)
    scene = _scene(triangulation, fit, report, model=model)
    rate = Fraction(report["fps"]).limit_denominator(1001)
    step = max(1, round(float(rate) / MOST_RATE))
    frames = range(0, len(scene.keypoints), step)
    overlays = None
    if options.videos:
        first = first_frame_of(report["timestamps"], report["fps"])
        begin = frames_before(options.videos[0], first, [])
        overlays = _overlays(options.videos[0], scene, report["cameras"], step=step, begin=begin)
    width = (2 if overlays is None else 3) * PANEL[0]
    path = options.output / "preview.mp4"
    with VideoSink(path, width, PANEL[1], rate / step, step / rate) as sink:
        for index, frame in enumerate(frames):
            body = frame_vertices(scene.motion, model, frame)
            drawn = draw_body(_blank(), body, model.faces, camera=scene.camera)
            row = [drawn, _draw_keypoints(scene, frame)]
            if overlays is not None:
                row.insert(0, next(overlays, _blank()))
            sink.write(np.ascontiguousarray(np.hstack(row)), index)
            progress((index + 1) / len(frames))


def _scene(triangulation: Any, fit: Any, report: dict[str, Any], *, model: BodyModel) -> _Scene:
    ports = (FitOutput.POSES, FitOutput.TRANSL, FitOutput.SCALING, FitOutput.BETAS)
    poses, transl, scaling, betas = (fit.get_output(port).get_array() for port in ports)
    fit_report = dict(fit.get_output(FitOutput.REPORT).data)
    units = UNITS_PER_METRE[fit_report["unit"]]
    motion = BodyMotion(poses, transl, betas.ravel(), float(scaling[0, 0]), report["fps"])
    motion = motion.enlarged(1 / units) if fit_report["mode"] == "aist" else motion
    rotation = rotation_to_y_up(fit_report["up_axis"])
    keypoints = triangulation.get_output(TriangulationOutput.KEYPOINTS3D).get_array()
    keypoints = keypoints / units @ rotation.T
    names = report["joints"]
    pairs = [*(bone["joints"] for bone in report["bone_lengths"]), *TRUNK]
    # Nearly all of the keypoints at all times.
    low, high = np.percentile(keypoints[np.isfinite(keypoints).all(axis=2)], (1, 99), axis=0)
    span = 1.35 * max(high[1] - low[1], (high[0] - low[0]) * PANEL[1] / PANEL[0], 1.0)
    return _Scene(
        model=model,
        motion=motion.rotated(rotation, model),
        in_world=motion.enlarged(units),
        keypoints=keypoints,
        bones=[(names.index(a), names.index(b)) for a, b in pairs if a in names and b in names],
        camera=look_at((low + high) / 2, VIEW, up=np.array([0.0, 1, 0]), span=span, size=PANEL),
    )


def _blank() -> np.ndarray:
    return plain(PAPER, PANEL[1], PANEL[0])


def _draw_keypoints(scene: _Scene, frame: int) -> np.ndarray:
    picture = _blank()
    pixels, _ = project(scene.keypoints[frame], scene.camera)
    visible = np.asarray(np.isfinite(pixels).all(axis=1))
    places = np.rint(np.nan_to_num(pixels)).astype(int)
    for a, b in scene.bones:
        if visible[a] and visible[b]:
            cv2.line(picture, places[a].tolist(), places[b].tolist(), BONE, 3, cv2.LINE_AA)
    for place in places[visible]:
        cv2.circle(picture, place.tolist(), 4, JOINT, -1, cv2.LINE_AA)
    return picture


def _overlays(
    video: Path, scene: _Scene, cameras: list[dict[str, Any]], *, step: int, begin: int
) -> Iterator[np.ndarray]:
    """The body over each shown frame of the first camera's video, cut out around its path.

    The motion begins after ``begin`` frames of the video.
    """
    motion = scene.in_world
    places = motion.joint_places(scene.model).reshape(-1, 3)
    for index, frame in enumerate(VideoReader(VideoInfo.from_path(video)), start=-begin):
        if index >= len(motion):
            return
        if index >= 0 and index % step == 0:
            behind = camera_backdrop(cameras[0], frame.image, index)
            drawn = draw_over(behind, motion, scene.model)
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
    """The picture as large as the panel allows, in its middle."""
    scale = min(PANEL[0] / picture.shape[1], PANEL[1] / picture.shape[0])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    panel = _blank()
    top, left = (PANEL[1] - small.shape[0]) // 2, (PANEL[0] - small.shape[1]) // 2
    panel[top : top + small.shape[0], left : left + small.shape[1]] = small
    return panel
