"""motion.html: a take in a browser, made of what the chain has found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from infer_smpl_fit.overlay import camera_backdrop
from infer_smpl_fit.smpl_body.model import BodyModel, local_rotations, world_transforms
from infer_smpl_fit.smpl_export.motion import BodyMotion
from plugin_kit.files import write_text
from plugin_kit.keypoints.trajectories import origin_near
from workflows.motion.everybody import Everybody, Person
from workflows.motion.footage import Footage
from workflows.motion.viewer import Body, SeenCamera, ShownPerson, TakeScene, page_of
from workflows.motion.viewer.scene import JPEG_QUALITY

# Steps of the page: so many a second at most, and fewer of a long take, but never fewer than LEAST.
MOST_RATE, LEAST_RATE, MOST_STEPS = 30.0, 10.0, 1800
# Of the pictures of all videos together.
MOST_BYTES = 6_000_000
# Long side of a picture, pixels, and how many a second.
LONG_SIDE, PICTURES_A_SECOND = 256, 10.0
# The share of the work that gathering the pictures is.
GATHERING = 0.6


def write_page(
    path: Path,
    everybody: Everybody,
    footage: Sequence[Footage],
    *,
    title: str,
    progress: Callable[[float], None],
) -> None:
    """Write the page.

    Args:
        path: Of the .html file.
        everybody: Who is on it.
        footage: Videos of the cameras, in their order; of the first ones, or none.
        title: Of the page.
        progress: Told the share that is done.

    Raises:
        ImportError: viser is not installed.
        OSError: No port of this machine can be opened.
    """
    steps = _steps(everybody)
    points = np.concatenate([person.keypoints for person in everybody.people])
    origin = origin_near(points, "m")
    cameras = []
    for index, camera in enumerate(everybody.cameras):
        shots = footage[index] if index < len(footage) else None

        def told(share: float, before: int = index) -> None:
            progress(GATHERING * (before + share) / len(everybody.cameras))

        pictures = _pictures(shots, everybody, camera, steps=steps, told=told) if shots else {}
        cameras.append(_seen(camera, everybody, origin=origin, pictures=pictures))
    scene = TakeScene(
        title=title,
        people=[
            _shown(person, everybody.model, steps, origin=origin) for person in everybody.people
        ],
        bones=everybody.bones,
        cameras=cameras,
        seconds_a_step=steps.step / everybody.fps,
    )
    page = page_of(scene, lambda share: progress(GATHERING + (1 - GATHERING) * share))
    write_text(path, page)


def _steps(everybody: Everybody) -> range:
    """The frames that the page shows, evenly."""
    rate = min(MOST_RATE, everybody.fps)
    wanted = MOST_STEPS * everybody.fps / (everybody.frames * len(everybody.people))
    rate = min(rate, max(LEAST_RATE, wanted))
    return range(0, everybody.frames, max(1, round(everybody.fps / rate)))


def _shown(person: Person, model: BodyModel, steps: range, *, origin: np.ndarray) -> ShownPerson:
    shown = slice(steps.start, steps.stop, steps.step)
    body = None
    if person.motion is not None:
        body = _body(person.motion, model, shown, origin=origin, present=person.is_present)
    keypoints = person.keypoints[shown] - origin
    return ShownPerson(person.name, person.colour, body, keypoints)


def _body(
    motion: BodyMotion, model: BodyModel, shown: slice, *, origin: np.ndarray, present: np.ndarray
) -> Body:
    """Linear blend skinning of the shaped body; a pose's correctives stay out, as in .glb."""
    rest = motion.rest_joints(model)
    rotations, places = world_transforms(local_rotations(motion.poses[shown]), rest, model.parents)
    return Body(
        vertices=motion.scaling * model.vertices(motion.betas),
        faces=model.faces,
        weights=model.weights,
        rest=rest,
        rotations=rotations,
        places=places + motion.transl[shown, None] - origin,
        is_present=present[shown],
    )


def _seen(
    camera: dict[str, Any],
    everybody: Everybody,
    *,
    origin: np.ndarray,
    pictures: dict[int, bytes | None],
) -> SeenCamera:
    rotation = cv2.Rodrigues(np.array(camera["rotation"], float))[0]
    centre = -rotation.T @ np.array(camera["translation"], float).ravel()
    matrix = np.array(camera["matrix"], float)
    width, height = camera.get("size") or 2 * matrix[:2, 2]
    to_y_up = everybody.to_y_up
    return SeenCamera(
        name=str(camera["name"]),
        to_world=to_y_up @ rotation.T,
        centre=to_y_up @ centre / everybody.units - origin,
        height_angle=2 * math.atan(height / 2 / matrix[1, 1]),
        # Of rays, as the picture's pixels may not be square.
        aspect=(width / matrix[0, 0]) / (height / matrix[1, 1]),
        pictures=pictures,
    )


def _pictures(
    shots: Footage,
    everybody: Everybody,
    camera: dict[str, Any],
    *,
    steps: range,
    told: Callable[[float], None],
) -> dict[int, bytes | None]:
    """By step the picture that a camera shows from there on, undistorted, as a small JPEG.

    So many that those of all cameras stay within MOST_BYTES, evenly over the take.
    """
    each = max(1, round(everybody.fps / steps.step / PICTURES_A_SECOND))
    numbers = list(range(0, len(steps), each))
    jpegs: list[bytes | None] = []
    moments = range(0, len(steps) * steps.step, each * steps.step)
    for picture in shots.pictures(moments):
        small = None if picture is None else _small(picture, camera)
        jpegs.append(small)
        told(len(jpegs) / len(moments))
    room = MOST_BYTES / len(everybody.cameras)
    sizes = sum(len(jpeg) for jpeg in jpegs if jpeg)
    thinned = max(1, math.ceil(sizes / room))
    chosen = dict(list(zip(numbers, jpegs, strict=True))[::thinned])
    return dict(_changes(chosen))


def _changes(pictures: dict[int, bytes | None]) -> Iterator[tuple[int, bytes | None]]:
    before: bytes | None = None
    for step, jpeg in pictures.items():
        if jpeg is not before or step == 0:
            yield step, jpeg
        before = jpeg


def _small(picture: np.ndarray, camera: dict[str, Any]) -> bytes:
    undistorted = camera_backdrop(camera, picture, 0).picture
    scale = LONG_SIDE / max(undistorted.shape[:2])
    if scale < 1:
        size = (round(undistorted.shape[1] * scale), round(undistorted.shape[0] * scale))
        undistorted = cv2.resize(undistorted, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(undistorted, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", bgr, quality)[1].tobytes()
