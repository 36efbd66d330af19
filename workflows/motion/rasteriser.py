"""Meshes into pictures with a depth buffer, compiled by numba: a body takes a millisecond or two.

What :func:`infer_smpl_fit.smpl_export.render.draw_body` draws for a plugin's single pictures with
OpenCV alone, here for every frame of a video. Triangles are filled by their edge functions, where a
pixel's middle lies in one (Pineda, "A Parallel Algorithm for Polygon Rasterization", 1988).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from infer_smpl_fit.smpl_export.figures import Colour
from infer_smpl_fit.smpl_export.render import AMBIENT, NEAREST_M
from plugin_kit.compiled import compiled


def draw_meshes(
    picture: np.ndarray,
    meshes: Sequence[tuple[np.ndarray, Colour]],
    faces: np.ndarray,
    *,
    camera: np.ndarray,
    opacity: float = 1.0,
) -> np.ndarray:
    """Draw meshes that hide one another and themselves over a picture; the lamp is at the camera.

    Faces that turn away, reach behind the camera, or hold NaN are left out.

    Args:
        picture: uint8 RGB (H, W, 3); not changed.
        meshes: Vertices (N, 3), world, and the colour of the fully lit surface, of each.
        faces: int (M, 3), of every mesh, anticlockwise seen from outside.
        camera: (3, 4), world to pixels; its last row gives the depth.
        opacity: 0 to 1.

    Returns:
        uint8 (H, W, 3).
    """
    drawn = picture.copy()
    nearest = np.zeros(picture.shape[:2], np.float32)
    eye = -np.linalg.solve(camera[:, :3], camera[:, 3])
    triangles = np.ascontiguousarray(faces, np.int64)
    matrix = np.ascontiguousarray(camera, np.float64)
    for vertices, colour in meshes:
        points = np.ascontiguousarray(vertices, np.float64)
        _fill(points, triangles, matrix, eye, np.array(colour, np.float64), drawn, nearest)
    if opacity < 1.0:
        return cv2.addWeighted(drawn, opacity, picture, 1.0 - opacity, 0.0)
    return drawn


@compiled()
def _fill(
    vertices: np.ndarray,
    faces: np.ndarray,
    camera: np.ndarray,
    eye: np.ndarray,
    colour: np.ndarray,
    drawn: np.ndarray,
    nearest: np.ndarray,
) -> None:
    """Draw the faces into ``drawn``, and 1 / depth of what is there into ``nearest``."""
    # Scalars throughout: numba compiles slices of arrays for seconds.
    height, width = nearest.shape
    places = np.empty((len(vertices), 3))
    for n in range(len(vertices)):
        x, y, z = vertices[n, 0], vertices[n, 1], vertices[n, 2]
        depth = camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z + camera[2, 3]
        # NaN compares as false.
        closeness = 1.0 / depth if depth > NEAREST_M else 0.0
        across = camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z + camera[0, 3]
        down = camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z + camera[1, 3]
        places[n, 0], places[n, 1], places[n, 2] = across * closeness, down * closeness, closeness
    for m in range(len(faces)):
        a, b, c = faces[m, 0], faces[m, 1], faces[m, 2]
        ax, ay, az = places[a, 0], places[a, 1], places[a, 2]
        bx, by, bz = places[b, 0], places[b, 1], places[b, 2]
        cx, cy, cz = places[c, 0], places[c, 1], places[c, 2]
        # Rows grow downwards, so that what turns to the camera is above 0 in this order.
        area = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay)
        if not (area > 0 and min(az, bz, cz) > 0):
            continue
        left = max(0, int(np.ceil(max(-1.0, min(ax, bx, cx)))))
        top = max(0, int(np.ceil(max(-1.0, min(ay, by, cy)))))
        right = int(np.floor(min(width - 1.0, max(ax, bx, cx))))
        bottom = int(np.floor(min(height - 1.0, max(ay, by, cy))))
        if left > right or top > bottom:
            continue
        shade = AMBIENT + (1 - AMBIENT) * _light(vertices, a, b, c, eye)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                of_a = (cx - x) * (by - y) - (bx - x) * (cy - y)
                of_b = (ax - x) * (cy - y) - (cx - x) * (ay - y)
                of_c = area - of_a - of_b
                if of_a < 0 or of_b < 0 or of_c < 0:
                    continue
                closeness = (of_a * az + of_b * bz + of_c * cz) / area
                if closeness > nearest[y, x]:
                    nearest[y, x] = closeness
                    for k in range(3):
                        drawn[y, x, k] = int(shade * colour[k] + 0.5)


@compiled()
def _light(vertices: np.ndarray, a: int, b: int, c: int, eye: np.ndarray) -> float:
    """Cosine between the face's normal and the way to the lamp, at least 0."""
    ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
    ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
    vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    rx, ry, rz = eye[0] - ax, eye[1] - ay, eye[2] - az
    lengths = np.sqrt((nx * nx + ny * ny + nz * nz) * (rx * rx + ry * ry + rz * rz))
    return max(0.0, (nx * rx + ny * ry + nz * rz) / max(lengths, 1e-20))
