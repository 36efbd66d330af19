"""Whose a pixel is where two people are near: the one's whose bones are nearer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .bones import distance_to
from .crops import Crop
from .detection import Detection

# How sharply pixels between two people are shared out, and how much nearer the one in front is.
SHARPNESS, IN_FRONT = 0.03, 0.04


def share_of(
    crop: Crop, size: tuple[int, int], people: Sequence[Detection], row: int
) -> np.ndarray:
    """float32 (h, w): the part of each pixel that is this person's; those of all sum to 1."""
    nearness = [-distance_to(crop, size, person) / person.size for person in people]
    # Who stands lower in the picture, or is larger where feet are not seen, is in front.
    lowness = [-person.box[3] - person.size for person in people]
    for depth, i in enumerate(np.argsort(lowness)):
        nearness[i] = (nearness[i] - IN_FRONT * depth) / SHARPNESS
    stacked = np.stack(nearness)
    weights = np.exp(stacked - stacked.max(axis=0))
    return weights[row] / weights.sum(axis=0)


def reaches(person: Detection, crop: Crop) -> bool:
    """Whether a person's box is partly in a crop."""
    left, top, right, bottom = person.bounds()
    return bool(
        right > crop.left
        and bottom > crop.top
        and left < crop.left + crop.width
        and top < crop.top + crop.height
    )
