"""Draw the body over a picture with OpenCV alone: shaded triangles, the farthest first.

Pictures and colours are RGB.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..smpl_body.model import BodyModel, face_normals, posed_vertices
from .figures import Colour, Figure
from .motion import BodyMotion

# A mannequin's blue, not skin.
SURFACE: Colour = (160, 190, 225)
AMBIENT = 0.35
SUBPIXEL_BITS = 3
NEAREST_M = 0.05
PAPER = 245
INK = (60, 60, 60)


def project(points: np.ndarray, camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pinhole projection.

    Args:
        points: (N, 3), world.
        camera: (3, 4), world to pixels; its last row gives the depth.

    Returns:
        Pixels (N, 2) and depths (N,), in the camera's unit.
    """
    homogeneous = points @ camera[:, :3].T + camera[:, 3]
    depths = homogeneous[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return homogeneous[:, :2] / depths[:, None], depths


def look_at(
    centre: np.ndarray, direction: np.ndarray, *, up: np.ndarray, span: float, size: tuple[int, int]
) -> np.ndarray:
    """(3, 4): a camera that sees `span` units of height around `centre`.

    Args:
        centre: (3,), world.
        direction: (3,), from the centre to the camera.
        up: (3,), world.
        span: Height of the view at the centre, world units.
        size: Width and height, pixels.
    """
    back = direction / np.linalg.norm(direction)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, -np.cross(back, right), -back])
    distance = 4.0 * span
    focal = size[1] * distance / span
    matrix = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    return matrix @ np.column_stack([rotation, -rotation @ (centre + distance * back)])


def draw_body(
    picture: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    camera: np.ndarray,
    colour: Colour | np.ndarray = SURFACE,
    opacity: float = 1.0,
) -> np.ndarray:
    """Draw a mesh, or several in one, over a picture.

    The lamp is at the camera. Faces that turn away, or that reach behind the camera, are left out.

    Args:
        picture: uint8 (H, W, 3); not changed.
        vertices: (N, 3), world.
        faces: int (M, 3), anticlockwise seen from outside.
        camera: (3, 4), world to pixels.
        colour: Of the fully lit surface; or (M, 3), of each face.
        opacity: 0 to 1.

    Returns:
        uint8 (H, W, 3).
    """
    pixels, depths = project(vertices, camera)
    normals = face_normals(vertices, faces)
    rays = -np.linalg.solve(camera[:, :3], camera[:, 3]) - vertices[faces[:, 0]]
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(rays, axis=1)
    light = np.einsum("mi,mi->m", normals, rays) / np.maximum(lengths, 1e-20)
    inside = is_drawable(pixels, depths, picture.shape)
    shown = np.flatnonzero((light > 0) & inside[faces].all(axis=1))
    shown = shown[np.argsort(-depths[faces[shown]].mean(axis=1))]
    colours = np.broadcast_to(np.asarray(colour, float), faces.shape)
    shades = ((AMBIENT + (1 - AMBIENT) * light[shown])[:, None] * colours[shown]).tolist()
    triangles = np.round(pixels[faces[shown]] * (1 << SUBPIXEL_BITS)).astype(np.int32)
    drawn = picture.copy()
    for triangle, shade in zip(triangles, shades, strict=True):
        cv2.fillConvexPoly(drawn, triangle, shade, cv2.LINE_8, SUBPIXEL_BITS)
    if opacity < 1.0:
        return cv2.addWeighted(drawn, opacity, picture, 1.0 - opacity, 0.0)
    return drawn


def draw_bodies(
    picture: np.ndarray,
    bodies: Sequence[tuple[np.ndarray, Colour]],
    faces: np.ndarray,
    *,
    camera: np.ndarray,
    opacity: float = 1.0,
) -> np.ndarray:
    """Draw bodies that hide one another: their vertices (N, 3) and colours; else as draw_body."""
    if not bodies:
        return picture.copy()
    count, meshes = len(bodies[0][0]), range(len(bodies))
    return draw_body(
        picture,
        np.concatenate([vertices for vertices, _ in bodies]),
        np.concatenate([faces + index * count for index in meshes]),
        camera=camera,
        colour=np.repeat([colour for _, colour in bodies], len(faces), axis=0),
        opacity=opacity,
    )


def is_drawable(pixels: np.ndarray, depths: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """bool (N,): vertices before the camera, in a picture (H, W, ...) or at most its size beside.

    OpenCV's fixed-point coordinates end somewhere.
    """
    height, width = shape[:2]
    # NaN compares as false and is left out.
    inside = (pixels > -width).all(axis=1) & (depths > NEAREST_M)
    return inside & (pixels[:, 0] < 2 * width) & (pixels[:, 1] < 2 * height)


def frame_vertices(motion: BodyMotion, model: BodyModel, frame: int) -> np.ndarray:
    """(N, 3): the body in the world at a frame."""
    return posed_at(motion, model, range(frame, frame + 1))[0]


def posed_at(motion: BodyMotion, model: BodyModel, frames: range) -> np.ndarray:
    """(F, N, 3): the body in the world at some frames."""
    rows = np.array(frames)
    return posed_vertices(
        model,
        motion.poses[rows],
        betas=motion.betas,
        transl=motion.transl[rows],
        scaling=motion.scaling,
    )


def contact_sheet(
    figures: Sequence[Figure],
    model: BodyModel,
    *,
    count: int = 12,
    columns: int = 6,
    cell: tuple[int, int] = (320, 360),
    direction: Sequence[float] | np.ndarray = (0.5, 0.25, 1.0),
    up: Sequence[float] | np.ndarray = (0.0, 1.0, 0.0),
) -> np.ndarray:
    """The bodies over time in one picture, each moment labelled in seconds.

    All cells have one scale. The camera follows the bodies along the ground but not up and down, so
    that a jump shows. Those who are not there at a moment are not drawn.

    Args:
        figures: Who is shown: motions of one length and rate.
        model: The body.
        count: Moments, evenly spread from the first frame to the last; fewer if there are fewer.
        columns: Moments in a row.
        cell: Width and height of one moment, pixels.
        direction: From the bodies to the camera, world.
        up: World; (0, 0, 1) for a world that is z up.

    Returns:
        uint8 (rows * height, columns * width, 3).
    """
    frames, fps = len(figures[0].motion), figures[0].motion.fps
    moments = np.unique(np.linspace(0, frames - 1, min(count, frames)).round().astype(int))
    scenes = [bodies_at(figures, model, frame) for frame in moments]
    upwards = np.asarray(up, float)
    clouds = [np.concatenate([body for body, _ in scene]) for scene in scenes if scene]
    # Nobody may be there at any of the moments.
    clouds = clouds or [np.zeros((1, 3))]
    across = np.cross(upwards, direction)
    across /= np.linalg.norm(across)
    heights = np.concatenate([cloud @ upwards for cloud in clouds])
    middle = (heights.min() + heights.max()) / 2
    reach = max(max(*np.ptp(cloud, axis=0), np.ptp(cloud @ across)) for cloud in clouds)
    span = max(1.15 * max(np.ptp(heights), reach * cell[1] / cell[0]), 1e-6)
    blank = np.full((cell[1], cell[0], 3), PAPER, np.uint8)
    cells = []
    for frame, scene in zip(moments, scenes, strict=True):
        drawn = blank.copy()
        if scene:
            cloud = np.concatenate([body for body, _ in scene])
            centre = (cloud.min(axis=0) + cloud.max(axis=0)) / 2
            centre += (middle - centre @ upwards) * upwards
            camera = look_at(centre, np.asarray(direction, float), up=upwards, span=span, size=cell)
            bodies = [(body, figure.colour) for body, figure in scene]
            drawn = draw_bodies(blank, bodies, model.faces, camera=camera)
            for body, figure in scene:
                _write_name(drawn, figure.name, body[(body @ upwards).argmax()], camera=camera)
        _write(drawn, f"{frame / fps:.2f} s", (8, 20))
        cells.append(drawn)
    columns = min(columns, len(cells))
    cells += [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.vstack(rows)


def bodies_at(
    figures: Sequence[Figure], model: BodyModel, frame: int
) -> list[tuple[np.ndarray, Figure]]:
    """Those who are there at a frame, each with the vertices (N, 3) in the world."""
    there = [figure for figure in figures if figure.motion.shown[frame]]
    return [(frame_vertices(figure.motion, model, frame), figure) for figure in there]


def _write_name(picture: np.ndarray, name: str, top: np.ndarray, *, camera: np.ndarray) -> None:
    """Write a name above the top of a head, (3,)."""
    column, row = project(top[None], camera)[0][0]
    _write(picture, name, (round(column) - 4 * len(name), round(row) - 6))


def _write(picture: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
