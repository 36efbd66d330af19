"""People whose head is not up: networks know them better in a picture that is turned.

A quarter turn is counter-clockwise, as NumPy's ``rot90`` makes it; points are pixels counted from
the centre of the first.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from .detection import Detection

# Up to this angle from upright a person is seen as they are.
UPRIGHT_DEGREES = 55
# Each part stands on the next: face, shoulders, hips, knees, ankles.
PARTS = ((0, 1, 2, 3, 4), (5, 6), (11, 12), (13, 14), (15, 16))
# Networks are unsure of heads that are not up; joints with less say nothing.
GUESSED = 0.12
# So much of what the parts say must be the same.
AGREED = 0.5


def quarter_turns(person: Detection) -> int:
    """How many quarter turns of the picture, 0 to 3, bring the person's head up."""
    axis = _axis(person)
    if axis is None:
        return 0
    degrees = float(np.degrees(np.arctan2(axis[0], -axis[1])))
    return 0 if abs(degrees) < UPRIGHT_DEGREES else round(degrees / 90) % 4


def turned_person(person: Detection, turns: int, height: int, width: int) -> Detection:
    """A person of a picture (H, W) as they are in that picture after so many quarter turns."""
    corners = turned_points(person.box.reshape(2, 2), turns, height, width)
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    keypoints = turned_points(person.keypoints, turns, height, width)
    return replace(person, box=box, keypoints=keypoints)


def turned_points(points: np.ndarray, turns: int, height: int, width: int) -> np.ndarray:
    """Points (N, 2+), x, y first, of a picture (H, W) after so many quarter turns."""
    x, y = points[:, 0], points[:, 1]
    places = {
        0: (x, y),
        1: (y, width - 1 - x),
        2: (width - 1 - x, height - 1 - y),
        3: (height - 1 - y, x),
    }[turns % 4]
    moved = points.copy()
    moved[:, 0], moved[:, 1] = places
    return moved


def _axis(person: Detection) -> np.ndarray | None:
    """Where up is for the person, by all parts as sure as they are; None where it is not clear."""
    middles = [_middle(person, joints) for joints in PARTS]
    total, weights = np.zeros(2), 0.0
    for (above, sure), (below, sure_too) in pairwise(middles):
        length = float(np.linalg.norm(above - below))
        weight = sure * sure_too
        if weight and length:
            total += weight * (above - below) / length
            weights += weight
    return total if weights and np.linalg.norm(total) > AGREED * weights else None


def _middle(person: Detection, joints: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """The middle of a part, (2,), and how sure it is: 0 where none of its joints is known."""
    chosen = person.keypoints[list(joints)]
    scores = np.where(chosen[:, 2] >= GUESSED, chosen[:, 2], 0)
    if not scores.any():
        return np.zeros(2), 0.0
    return scores @ chosen[:, :2] / scores.sum(), float(scores.mean())
