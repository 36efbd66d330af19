"""How far keypoints of one view lie from the epipolar lines of another's."""

from __future__ import annotations

import numpy as np

from ..camera import Camera


def homogeneous(camera: Camera, keypoints: np.ndarray) -> np.ndarray:
    """Normalised coordinates (..., 3), the last one 1, of keypoints (..., 2 or 3) in pixels."""
    ones = np.ones((*keypoints.shape[:-1], 1))
    return np.concatenate([camera.normalised(keypoints[..., :2]), ones], axis=-1)


def essential_matrix(a: Camera, b: Camera) -> np.ndarray:
    """(3, 3): x_b^T E x_a = 0 of homogeneous coordinates of one point."""
    rotation = b.rotation_matrix @ a.rotation_matrix.T
    t = b.translation - rotation @ a.translation
    return np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]]) @ rotation


def epipolar_distances(a: Camera, b: Camera, xy_a: np.ndarray, xy_b: np.ndarray) -> np.ndarray:
    """Pixels (...) between homogeneous coordinates (..., 3) and each other's epipolar lines.

    Root mean squares of the distances in both views; NaN where a coordinate is.
    """
    lines = EpipolarLines(a, b, xy_a, xy_b)
    return lines.distances(slice(None), slice(None))


class EpipolarLines:
    """The lines of two views' homogeneous coordinates (F, ..., 3), to compare many frames by."""

    def __init__(self, a: Camera, b: Camera, xy_a: np.ndarray, xy_b: np.ndarray) -> None:
        essential = essential_matrix(a, b)
        line_b = xy_a @ essential.T
        # As planes of each coordinate, which numpy multiplies faster than rows of three.
        self._xy_b, self._line_b = (np.moveaxis(x, -1, 0).copy() for x in (xy_b, line_b))
        self._weight_b = _half_square(b) / _squared_slopes(line_b)
        self._weight_a = _half_square(a) / _squared_slopes(xy_b @ essential)

    def distances(self, frames_a: slice, frames_b: slice) -> np.ndarray:
        """Pixels (...), as of :func:`epipolar_distances`, between frames of the one and other."""
        x, y, z = (b[frames_b] * a[frames_a] for b, a in zip(self._xy_b, self._line_b, strict=True))
        x += y
        x += z
        with np.errstate(invalid="ignore"):
            weights = self._weight_a[frames_b] + self._weight_b[frames_a]
            np.sqrt(weights, out=weights)
        np.abs(x, out=x)
        x *= weights
        return x


def _half_square(camera: Camera) -> float:
    """Half the square of its focal length in pixels."""
    return camera.matrix[0, 0] ** 2 / 2


def _squared_slopes(lines: np.ndarray) -> np.ndarray:
    squared = lines[..., 0] ** 2 + lines[..., 1] ** 2
    return np.where(squared > 0, squared, np.nan)
