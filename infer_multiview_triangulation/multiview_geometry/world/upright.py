"""A world turned so that people stand in it: up from their bodies, the floor from their feet."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from ..cameras.alignment import Similarity
from ..skeletons import Skeleton
from .body import sides

AXES = {"y": np.array([0.0, 1, 0]), "z": np.array([0.0, 0, 1])}
FLOOR_PERCENTILE = 5


def check_up_axis(up_axis: str, skeleton: Skeleton) -> None:
    """See before any work that the skeleton shows where up is.

    Raises:
        ValueError: It does not, and ``up_axis`` is not ``keep``.
    """
    if up_axis != "keep" and not (sides(skeleton, "ankle") and sides(skeleton, "shoulder")):
        raise ValueError(
            f"up cannot be found in {skeleton.name}: it has no ankles and shoulders; "
            "use up_axis=keep"
        )


def upright_world(points: np.ndarray, skeleton: Skeleton, axis: str) -> Similarity:
    """Turns the world so that bodies stand along ``axis`` (y or z), and puts the floor at 0.

    Up is the median direction from the ankles to the shoulders; the middle of the person's
    path becomes the origin of the floor.

    Args:
        points: (F, J, 3), NaN where unknown.

    Raises:
        ValueError: Ankles and shoulders were never seen together.
    """
    feet, shoulders = (
        np.ma.masked_invalid(points[:, sides(skeleton, part)]).mean(axis=1).filled(np.nan)
        for part in ("ankle", "shoulder")
    )
    bodies = shoulders - feet
    bodies = bodies[np.isfinite(bodies).all(axis=1)]
    if not len(bodies):
        raise ValueError("up cannot be found: ankles and shoulders were never seen together")
    bodies = bodies / np.linalg.norm(bodies, axis=1, keepdims=True)
    # Of one vector it is the shortest turn.
    rotation = Rotation.align_vectors(AXES[axis], np.median(bodies, axis=0))[0].as_matrix()
    rotated = points @ rotation.T
    heights = rotated @ AXES[axis]
    lowest = np.where(np.isfinite(heights), heights, np.inf).min(axis=1)
    floor = float(np.percentile(lowest[np.isfinite(lowest)], FLOOR_PERCENTILE))
    middle = np.nanmedian(rotated.reshape(-1, 3), axis=0)
    translation = -(middle - (middle @ AXES[axis]) * AXES[axis]) - floor * AXES[axis]
    return Similarity(rotation, translation, 1.0)
