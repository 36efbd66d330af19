"""People whose head is not up: networks know them better in a picture that is turned.

A quarter turn is counter-clockwise, as NumPy's ``rot90`` makes it; points are pixels counted from
the centre of the first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .detection import KNOWN, Detection

# Up to this angle from upright a person is seen as they are.
UPRIGHT_DEGREES = 55
SHOULDERS = (5, 6)
# What is below the shoulders, the lowest first: ankles, knees, hips.
ENDS = ((15, 16), (13, 14), (11, 12))
FACE = (0, 1, 2, 3, 4)
# Networks are unsure of heads that are not up.
GUESSED = 0.12
# Sides of a pair that lie nearer than this, in sizes of the person, say nothing.
LEAST_LENGTH = 0.05


def quarter_turns(person: Detection) -> int:
    """How many quarter turns of the picture, 0 to 3, bring the person's head up."""
    axis = _axis(person)
    if axis is None or np.linalg.norm(axis) < LEAST_LENGTH * person.size:
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
    """From the feet, or what is known nearest to them, up; None where too little is known."""
    shoulders = _middle(person, SHOULDERS, GUESSED)
    if shoulders is None:
        return None
    for pair in ENDS:
        end = _middle(person, pair, KNOWN)
        if end is not None:
            return shoulders - end
    face = _middle(person, FACE, GUESSED)
    return None if face is None else face - shoulders


def _middle(person: Detection, joints: tuple[int, ...], least: float) -> np.ndarray | None:
    chosen = person.keypoints[list(joints)]
    known = chosen[chosen[:, 2] >= least, :2]
    return known.mean(axis=0) if len(known) else None
