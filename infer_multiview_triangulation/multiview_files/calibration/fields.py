"""A camera from the loose values of a file, with messages that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from ...multiview_geometry import Camera

MAX_ORTHOGONALITY_ERROR = 1e-2
MAX_SIZE = 1_000_000


def make_camera(
    source: str | Path,
    name: str,
    *,
    size: Any,
    matrix: Any,
    distortions: Any,
    rotation: Any,
    translation: Any,
) -> Camera:
    """A camera from a file's values; the rotation may be a vector (3,) or a matrix (3, 3).

    Raises:
        ValueError: A value has another shape, is not finite, or is no rotation or intrinsics.
    """
    try:
        matrix = np.array(matrix, np.float64)
        distortions = np.array(distortions, np.float64).ravel()
        camera = Camera(
            name=name,
            size=_size(size),
            matrix=matrix,
            # Without the thin-prism and tilt terms that OpenCV writes as zeros.
            distortions=distortions if distortions[8:].any() else distortions[:8],
            rotation=_rotation_vector(np.array(rotation, np.float64)),
            translation=np.array(translation, np.float64).ravel(),
        )
        is_usable = min(matrix[0, 0], matrix[1, 1], np.linalg.det(matrix[:2, :2])) > 0
        if not is_usable or not np.allclose(matrix[2], (0, 0, 1)):
            raise ValueError(f"{matrix.tolist()} is not a camera matrix with positive fx and fy")
        return camera
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"camera {name} of {source} is not usable: {error}") from error


def _size(size: Any) -> tuple[int, int] | None:
    if size is None or len(size) == 0:
        return None
    width, height = (round(float(length)) for length in size)
    if not (0 < width <= MAX_SIZE and 0 < height <= MAX_SIZE):
        raise ValueError(f"the picture's size {size} is not positive, or above {MAX_SIZE} pixels")
    return width, height


def _rotation_vector(rotation: np.ndarray) -> np.ndarray:
    if rotation.shape != (3, 3):
        return rotation.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if not error < MAX_ORTHOGONALITY_ERROR or np.linalg.det(rotation) < 0:
        raise ValueError(f"{rotation.tolist()} is not a rotation")
    return Rotation.from_matrix(rotation).as_rotvec()
