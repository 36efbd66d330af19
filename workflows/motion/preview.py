"""A video of the fitted bodies beside the 3D keypoints, and over a camera's video where given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from infer_smpl_fit.overlay import BLUE, OPACITY, Camera, camera_backdrop
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import SURFACE, look_at, posed_at, project
from plugin_kit.pictures import plain
from workflows.media.video_writer import VideoSink
from workflows.motion.everybody import Colour, Everybody, Person
from workflows.motion.footage import Footage

PANEL = (640, 720)
MOST_RATE = 30.0
MARGIN = 1.3
PAPER, BONE, JOINT = (244, 244, 244), (190, 90, 40), (30, 40, 160)
VIEW = np.array([0.45, 0.2, 1.0])
# Frames whose bodies are posed together: one by one they take three times as long.
TOGETHER = 16


def write_preview(
    path: Path,
    everybody: Everybody,
    footage: Footage | None,
    *,
    progress: Callable[[float], None],
) -> None:
    """Draw the bodies and the keypoints side by side, at 30 frames a second at most.

    Args:
        path: Of the video.
        everybody: Who is drawn.
        footage: Of the first camera, which the bodies are drawn over.
        progress: Told the share that is drawn.
    """
    rate = Fraction(everybody.fps).limit_denominator(1001)
    step = max(1, round(float(rate) / MOST_RATE))
    frames = range(0, everybody.frames, step)
    camera = _camera(everybody)
    poser = _Poser(everybody.model, frames)
    overlays = footage and _overlays(footage, everybody, frames, poser)
    width = (3 if overlays else 2) * PANEL[0]
    with VideoSink(path, width, PANEL[1], rate / step, step / rate) as sink:
        for index, frame in enumerate(frames):
            row = [
                _draw_bodies(everybody, frame, camera, poser),
                _draw_keypoints(everybody, frame, camera),
            ]
            if overlays:
                row.insert(0, next(overlays))
            sink.write(np.ascontiguousarray(np.hstack(row)), index)
            progress((index + 1) / len(frames))


def _camera(everybody: Everybody) -> np.ndarray:
    """(3, 4): what looks at bodies and keypoints alike; nearly all of them at all times."""
    keypoints = np.concatenate([person.keypoints for person in everybody.people])
    low, high = np.percentile(keypoints[np.isfinite(keypoints).all(axis=2)], (1, 99), axis=0)
    span = 1.35 * max(high[1] - low[1], (high[0] - low[0]) * PANEL[1] / PANEL[0], 1.0)
    up = np.array([0.0, 1, 0])
    return look_at((low + high) / 2, VIEW, up=up, span=span, size=PANEL)


@cache
def _paper() -> np.ndarray:
    """An empty panel, read only: filling one takes longer than drawing a body."""
    paper = plain(PAPER, PANEL[1], PANEL[0])
    paper.setflags(write=False)
    return paper


class _Poser:
    """Poses bodies for the drawn frames, several at once, for who asks of one after another."""

    def __init__(self, model: BodyModel, frames: range) -> None:
        self._model, self._frames = model, frames
        self._posed: dict[int, tuple[range, np.ndarray]] = {}

    def vertices(self, motion: BodyMotion, frame: int) -> np.ndarray:
        """(N, 3): the body at one of the drawn frames."""
        block, vertices = self._posed.get(id(motion), (range(0), np.empty(0)))
        if frame not in block:
            first = self._frames.index(frame) // TOGETHER * TOGETHER
            block = self._frames[first : first + TOGETHER]
            vertices = posed_at(motion, self._model, block)
            self._posed[id(motion)] = block, vertices
        return vertices[block.index(frame)]


def _draw_bodies(everybody: Everybody, frame: int, camera: np.ndarray, poser: _Poser) -> np.ndarray:
    motions = [
        (person.motion, person.colour if len(everybody.people) > 1 else SURFACE)
        for person in everybody.people
        if person.motion is not None and person.is_shown(frame)
    ]
    bodies = [(poser.vertices(motion, frame), colour) for motion, colour in motions]
    return _with_bodies(_paper(), bodies, everybody.model, camera=camera)


def _with_bodies(
    picture: np.ndarray,
    bodies: list[tuple[np.ndarray, Colour]],
    model: BodyModel,
    *,
    camera: np.ndarray,
    opacity: float = 1.0,
) -> np.ndarray:
    """Bodies over a picture."""
    # Late: it brings numba, which only a preview needs.
    from workflows.motion.rasteriser import draw_meshes

    return draw_meshes(picture, bodies, model.faces, camera=camera, opacity=opacity)


def _draw_keypoints(everybody: Everybody, frame: int, camera: np.ndarray) -> np.ndarray:
    picture = _paper().copy()
    for person in everybody.people:
        pixels, _ = project(person.keypoints[frame], camera)
        visible = np.asarray(np.isfinite(pixels).all(axis=1))
        places = np.rint(np.nan_to_num(pixels)).astype(int)
        line = _darker(person) if len(everybody.people) > 1 else BONE
        for a, b in everybody.bones:
            if visible[a] and visible[b]:
                cv2.line(picture, places[a].tolist(), places[b].tolist(), line, 3, cv2.LINE_AA)
        for place in places[visible]:
            cv2.circle(picture, place.tolist(), 4, JOINT, -1, cv2.LINE_AA)
    return picture


def _darker(person: Person) -> Colour:
    """Their colour as lines on paper need it."""
    red, green, blue = (round(0.75 * value) for value in person.colour)
    return red, green, blue


def _overlays(
    footage: Footage, everybody: Everybody, frames: range, poser: _Poser
) -> Iterator[np.ndarray]:
    """The bodies over each shown frame of the first camera's video, cut out around their paths."""
    camera: Camera = everybody.cameras[0]
    shown = [person for person in everybody.people if person.in_world is not None]
    places = [person.in_world.joint_places(everybody.model) for person in shown if person.in_world]
    paths = np.concatenate(
        [joints[person.is_present] for joints, person in zip(places, shown, strict=True)]
    ).reshape(-1, 3)
    for frame, picture in zip(frames, footage.pictures(frames), strict=True):
        if picture is None:
            yield _paper()
            continue
        behind = camera_backdrop(camera, picture, frame)
        bodies = [
            (
                poser.vertices(person.in_world, frame),
                person.colour if len(everybody.people) > 1 else BLUE,
            )
            for person in shown
            if person.in_world is not None and person.is_shown(frame)
        ]
        drawn = _with_bodies(
            behind.picture, bodies, everybody.model, camera=behind.camera, opacity=OPACITY
        )
        yield _fitted(drawn[_around(project(paths, behind.camera)[0], drawn.shape)])


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
    panel = _paper().copy()
    top, left = (PANEL[1] - small.shape[0]) // 2, (PANEL[0] - small.shape[1]) // 2
    panel[top : top + small.shape[0], left : left + small.shape[1]] = small
    return panel
