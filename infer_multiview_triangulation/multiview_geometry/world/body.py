"""Measures of the person by which a world gets its scale and its upward axis."""

from __future__ import annotations

import numpy as np

from ..points.errors import finite_median
from ..skeletons import Skeleton

# Heights above the floor as shares of stature (Drillis and Contini, 1966): eye, ankle.
EYE_HEIGHT, ANKLE_HEIGHT = 0.936, 0.039
SIDES = ("left", "right")
STATURE_PARTS = ("ankle", "knee", "hip", "shoulder", "eye")


def sides(skeleton: Skeleton, part: str) -> list[int]:
    """The joints called ``part`` on the left and on the right, as far as there are any."""
    joints = (skeleton.index(f"{side}_{part}") for side in SIDES)
    return [joint for joint in joints if joint is not None]


def stature(points: np.ndarray, skeleton: Skeleton) -> float:
    """Height of the person from median limb lengths, in the unit of points (F, J, 3).

    Raises:
        ValueError: Legs, trunk or head were never seen.
    """
    ankle, knee, hip, shoulder, eye = (points[:, sides(skeleton, part)] for part in STATURE_PARTS)
    trunk = [part.mean(axis=1) for part in (hip, shoulder, eye)]
    parts = (ankle - knee, knee - hip, trunk[1] - trunk[0], trunk[2] - trunk[1])
    lengths = [finite_median(np.linalg.norm(part, axis=-1)) for part in parts]
    known = [length for length in lengths if length is not None]
    if len(known) < len(parts):
        raise ValueError(
            "the person's height cannot be measured: ankles, knees, hips, shoulders and eyes must "
            "be seen; use scale=distance:... or scale=bone:..."
        )
    return sum(known) / (EYE_HEIGHT - ANKLE_HEIGHT)
