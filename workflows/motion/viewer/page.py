"""A take's scene as one .html file: recorded by viser, with its client inside.

viser (nerfstudio's viewer, https://viser.studio) is imported when a page is made, and by no one
else. The page plays, and lets its user scrub, change the speed and hide layers, without network.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from .scene import (
    JPEG_QUALITY,
    Body,
    SeenCamera,
    ShownPerson,
    TakeScene,
    known_lines,
    known_points,
)

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL = "pip install viser"
POINT, LINE = 0.022, 0.012
FRUSTUM, FRUSTUM_LINE, FRUSTUM_COLOUR = 0.45, 0.008, (60, 90, 150)
OPACITY = 0.8
# Fractions of a power of two compress well, and are finer than anything that is measured.
FINEST = 2.0**-14
# Of the page's eye from people, in their extents.
DISTANCE = 2.2
# Its vertical angle of view, degrees.
ANGLE = 50.0
TITLE = "<title>Viser</title>"


def is_installed() -> bool:
    """Whether viser is there."""
    return importlib.util.find_spec("viser") is not None


def page_of(scene: TakeScene, told: Callable[[float], None] = lambda share: None) -> str:
    """The page.

    Args:
        scene: What is on it.
        told: Told the share that is recorded.

    Raises:
        ImportError: viser is not installed.
        OSError: No port of this machine can be opened for viser's server, which lives as long as
            this function.
    """
    with _server() as server:
        api = server.scene
        api.set_up_direction("+y")
        _add_floor(api, scene)
        middle, reach = scene.surroundings()
        server.initial_camera.look_at = tuple(middle)
        server.initial_camera.position = tuple(middle + DISTANCE * reach * scene.outlook())
        server.initial_camera.fov = np.radians(ANGLE)
        parts: list[Any] = [_Frustum(api, camera, reach) for camera in scene.cameras]
        for person in scene.people:
            parts.append(_Skeleton(api, person, scene))
            if person.body is not None:
                parts.append(_Surface(api, person, person.body))
        record = server.get_scene_serializer()
        for step in range(scene.steps):
            # Together: else viser's other thread is woken for each bone's turn.
            with server.atomic():
                for part in parts:
                    part.show(step)
            record.insert_sleep(scene.seconds_a_step)
            told((step + 1) / scene.steps)
        return record.as_html().replace(TITLE, f"<title>{escape(scene.title)}</title>", 1)


@contextmanager
def _server() -> Iterator[Any]:
    """viser's server, which nobody but this machine can reach."""
    import viser

    for name in ("websockets", "viser"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with redirect_stdout(StringIO()):
        # It prints where it can be visited, and that it has ended.
        server = viser.ViserServer(host="127.0.0.1", port=0, verbose=False)
    try:
        yield server
    finally:
        with redirect_stdout(StringIO()):
            server.stop()


def _add_floor(api: Any, scene: TakeScene) -> None:
    """A grid of half metres under the lowest feet."""
    middle, reach = scene.surroundings()
    size = float(np.ceil(4 * reach))
    position = (round(float(middle[0])), scene.floor(), round(float(middle[2])))
    api.add_grid("/floor", width=size, height=size, plane="xz", cell_size=0.5, position=position)


def _layer(name: str) -> str:
    """A name as one layer's, in which a slash would open another below it."""
    return name.replace("/", "_").strip() or "_"


def _fine(values: np.ndarray) -> np.ndarray:
    return np.round(np.asarray(values, np.float64) / FINEST) * FINEST


def _quaternions(rotations: np.ndarray) -> np.ndarray:
    """(..., 4) w, x, y, z of rotations (..., 3, 3)."""
    xyzw = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat()
    return np.roll(xyzw, 1, axis=1).reshape(*rotations.shape[:-2], 4)


def _decoded(jpeg: bytes) -> np.ndarray:
    """uint8 RGB (H, W, 3)."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


class _Skeleton:
    """A person's keypoints and the lines between them."""

    def __init__(self, api: Any, person: ShownPerson, scene: TakeScene) -> None:
        self.points, self.bones = person.keypoints, scene.bones
        nowhere = np.zeros((self.points.shape[1], 3), np.float32)
        dark = tuple(round(0.7 * value) for value in person.colour)
        self.dots = api.add_point_cloud(
            f"/keypoints/{_layer(person.name)}/points",
            nowhere,
            dark,
            point_size=POINT,
            point_shape="circle",
            precision="float32",
            visible=False,
        )
        self.lines = api.add_line_segments(
            f"/keypoints/{_layer(person.name)}/bones",
            np.zeros((len(scene.bones), 2, 3), np.float32),
            dark,
            thickness=LINE,
            visible=False,
        )

    def show(self, step: int) -> None:
        points = known_points(self.points[step])
        self.dots.visible = self.lines.visible = points is not None
        if points is not None:
            self.dots.points = _fine(points).astype(np.float32)
            lines = known_lines(self.points[step], self.bones)
            self.lines.points = _fine(lines).astype(np.float32)


class _Surface:
    """A person's body."""

    def __init__(self, api: Any, person: ShownPerson, body: Body) -> None:
        self.body, self.quaternions = body, _fine(_quaternions(body.rotations))
        upright = np.tile((1.0, 0.0, 0.0, 0.0), (len(body.rest), 1))
        self.mesh = api.add_mesh_skinned(
            f"/bodies/{_layer(person.name)}",
            body.vertices.astype(np.float32),
            body.faces.astype(np.uint32),
            bone_wxyzs=upright,
            bone_positions=body.rest.astype(np.float32),
            skin_weights=body.weights.astype(np.float32),
            color=person.colour,
            opacity=OPACITY,
            visible=False,
        )

    def show(self, step: int) -> None:
        self.mesh.visible = bool(self.body.is_present[step])
        if not self.body.is_present[step]:
            return
        places = _fine(self.body.places[step])
        for bone, wxyz, place in zip(self.mesh.bones, self.quaternions[step], places, strict=True):
            bone.wxyz, bone.position = wxyz, place


class _Frustum:
    """A camera, with its video's frames."""

    def __init__(self, api: Any, camera: SeenCamera, reach: float) -> None:
        self.pictures = camera.pictures
        self.frustum = api.add_camera_frustum(
            f"/cameras/{_layer(camera.name)}",
            fov=camera.height_angle,
            aspect=camera.aspect,
            scale=FRUSTUM * min(1.0, reach),
            thickness=FRUSTUM_LINE,
            color=FRUSTUM_COLOUR,
            format="jpeg",
            jpeg_quality=JPEG_QUALITY,
            wxyz=_quaternions(camera.to_world),
            position=camera.centre,
        )

    def show(self, step: int) -> None:
        if step in self.pictures:
            jpeg = self.pictures[step]
            self.frustum.image = None if jpeg is None else _decoded(jpeg)
