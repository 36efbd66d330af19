"""Draw the body over a picture with OpenCV alone: shaded triangles, the farthest first."""

from __future__ import annotations

import cv2
import numpy as np

SKIN = (170, 190, 225)
AMBIENT = 0.35
SUBPIXEL_BITS = 3
NEAREST_M = 0.05


def project(points: np.ndarray, camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pinhole projection.

    Args:
        points: (N, 3), world.
        camera: (3, 4), world to pixels; its last row gives the depth.

    Returns:
        Pixels (N, 2) and depths (N,), in the camera's unit.
    """
    seen = points @ camera[:, :3].T + camera[:, 3]
    depths = seen[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return seen[:, :2] / depths[:, None], depths


def look_at(
    centre: np.ndarray, direction: np.ndarray, up: np.ndarray, span: float, size: tuple[int, int]
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
    turn = np.stack([right, -np.cross(back, right), -back])
    distance = 4.0 * span
    focal = size[1] * distance / span
    lens = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    return lens @ np.column_stack([turn, -turn @ (centre + distance * back)])


def camera_centre(camera: np.ndarray) -> np.ndarray:
    """(3,): where a 3x4 camera stands in the world."""
    return -np.linalg.solve(camera[:, :3], camera[:, 3])


def draw_body(
    picture: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    camera: np.ndarray,
    colour: tuple[int, int, int] = SKIN,
    opacity: float = 1.0,
) -> np.ndarray:
    """Draw a mesh over a picture.

    The lamp is at the camera. Faces that turn away, or that reach behind the camera, are left out.

    Args:
        picture: uint8 (H, W, 3), BGR; not changed.
        vertices: (N, 3), world.
        faces: int (M, 3), anticlockwise seen from outside.
        camera: (3, 4), world to pixels.
        colour: BGR of the fully lit surface.
        opacity: 0 to 1.

    Returns:
        uint8 (H, W, 3).
    """
    pixels, depths = project(vertices, camera)
    order, light = visible_faces(vertices, faces, camera_centre(camera), pixels, depths, picture)
    drawn = picture.copy()
    shades = np.outer(light, colour).tolist()
    corners = np.round(pixels[faces[order]] * (1 << SUBPIXEL_BITS)).astype(np.int32)
    for triangle, shade in zip(corners, shades, strict=True):
        cv2.fillConvexPoly(drawn, triangle, shade, cv2.LINE_8, SUBPIXEL_BITS)
    if opacity < 1.0:
        return cv2.addWeighted(drawn, opacity, picture, 1.0 - opacity, 0.0)
    return drawn


def visible_faces(
    vertices: np.ndarray,
    faces: np.ndarray,
    eye: np.ndarray,
    pixels: np.ndarray,
    depths: np.ndarray,
    picture: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Faces to draw, the farthest first, and their light (0 to 1)."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    rays = eye - a
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(rays, axis=1)
    cosines = np.einsum("mi,mi->m", normals, rays) / np.maximum(lengths, 1e-20)
    height, width = picture.shape[:2]
    # NaN places compare as false and are left out.
    inside = (pixels > -width).all(axis=1) & (pixels[:, 0] < 2 * width) & (depths > NEAREST_M)
    inside &= pixels[:, 1] < 2 * height
    shown = np.flatnonzero((cosines > 0) & inside[faces].all(axis=1))
    order = shown[np.argsort(-depths[faces[shown]].mean(axis=1))]
    return order, AMBIENT + (1 - AMBIENT) * cosines[order]
