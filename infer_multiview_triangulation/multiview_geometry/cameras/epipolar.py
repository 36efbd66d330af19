"""How far keypoints of one view lie from the epipolar lines of another's."""

from __future__ import annotations

import numpy as np

from ..camera import Camera


def homogeneous(camera: Camera, keypoints: np.ndarray) -> np.ndarray:
    """Normalised coordinates (..., 3), the last one 1, of keypoints (..., 2 or 3) in pixels."""
    ones = np.ones((*keypoints.shape[:-1], 1))
    return np.concatenate([camera.normalised(keypoints[..., :2]), ones], axis=-1)


def epipolar_distances(a: Camera, b: Camera, xy_a: np.ndarray, xy_b: np.ndarray) -> np.ndarray:
    """Pixels (...) between homogeneous coordinates (..., 3) and each other's epipolar lines.

    Root mean squares of the distances in both views; NaN where a coordinate is.
    """
    rotation = b.rotation_matrix @ a.rotation_matrix.T
    t = b.translation - rotation @ a.translation
    # The essential matrix: x_b^T E x_a = 0.
    essential = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]]) @ rotation
    line_b, line_a = xy_a @ essential.T, xy_b @ essential
    product = (xy_b * line_b).sum(axis=-1) ** 2
    focal_a, focal_b = a.matrix[0, 0], b.matrix[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = product * (
            focal_a**2 / (line_a[..., :2] ** 2).sum(-1)
            + focal_b**2 / (line_b[..., :2] ** 2).sum(-1)
        )
    return np.sqrt(squared / 2)
