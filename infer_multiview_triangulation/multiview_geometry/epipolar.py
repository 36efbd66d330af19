"""How far keypoints of one view lie from the epipolar lines of another's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .camera import Camera


def relative_pose(a: Camera, b: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and translation (3,) from the frame of ``a`` to that of ``b``."""
    rotation = b.rotation_matrix @ a.rotation_matrix.T
    return rotation, b.translation - rotation @ a.translation


def essential_matrix(a: Camera, b: Camera) -> np.ndarray:
    """E with x_b^T E x_a = 0 for normalised coordinates."""
    rotation, t = relative_pose(a, b)
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    return cross @ rotation


class EpipolarDistances:
    """Pixel distances between observations of two views and each other's epipolar lines."""

    def __init__(self, cameras: Sequence[Camera], keypoints: np.ndarray) -> None:
        """Take (V, ..., 3) pixels with confidence; NaN where missing."""
        ones = np.ones((*keypoints.shape[1:-1], 1))
        self._cameras = list(cameras)
        self._xy = [
            np.concatenate([camera.normalised(view[..., :2]), ones], axis=-1)
            for camera, view in zip(cameras, keypoints, strict=True)
        ]

    def view(self, index: int) -> np.ndarray:
        """(..., 3): homogeneous normalised coordinates."""
        return self._xy[index]

    def between(self, a: int, b: int, xy_a: np.ndarray, xy_b: np.ndarray) -> np.ndarray:
        """Root mean square (...) of both distances, for coordinates of the views a and b."""
        essential = essential_matrix(self._cameras[a], self._cameras[b])
        line_b, line_a = xy_a @ essential.T, xy_b @ essential
        product = (xy_b * line_b).sum(axis=-1) ** 2
        focal_a, focal_b = (self._cameras[v].matrix[0, 0] for v in (a, b))
        with np.errstate(divide="ignore", invalid="ignore"):
            squared = product * (
                focal_a**2 / (line_a[..., :2] ** 2).sum(-1)
                + focal_b**2 / (line_b[..., :2] ** 2).sum(-1)
            )
        return np.sqrt(squared / 2)
