"""The cameras from which AIST++ starts its camera estimation (Li et al., 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from ..camera import Camera

SIZE = (1920, 1080)
FOCAL = 1600.0
FRONT = 9


def ring_camera(index: int, name: str = "") -> Camera:
    """Camera c01 (``index`` 1) to c09: eight on a ring about y and one in front.

    Centimetres, y up; f = 1600, no distortion.
    """
    angle, height = (180, 170) if index == FRONT else (180 - 45 * index, 180)
    rotation = Rotation.from_euler("y", angle, degrees=True) * Rotation.from_euler(
        "z", 180, degrees=True
    )
    matrix = np.array([[FOCAL, 0, SIZE[0] / 2], [0, FOCAL, SIZE[1] / 2], [0, 0, 1]])
    translation = np.array([0, height, 500.0])
    name = name or f"c{index:02d}"
    return Camera(name, SIZE, matrix, np.zeros(5), rotation.as_rotvec(), translation)


def ring_cameras(names: Sequence[str]) -> list[Camera]:
    """The ring for views called c01 ... c09, or for up to nine views in that order.

    Raises:
        ValueError: There are more than nine views.
    """
    if len(names) > FRONT:
        raise ValueError(f"AIST's studio has nine cameras, {len(names)} views were given")
    aist = {f"c{index:02d}": index for index in range(1, FRONT + 1)}
    is_named = all(name in aist for name in names)
    indices = [aist[name] if is_named else place for place, name in enumerate(names, 1)]
    return [ring_camera(index, name) for index, name in zip(indices, names, strict=True)]
