"""What a person wears: the colours of head, chest, torso and legs, to tell people apart."""

from __future__ import annotations

import numpy as np

from .detection import KNOWN, Detection

# COCO's joints: the points of a region are weighted means of its corners.
HEAD = (0, 1, 2, 3, 4)
SHOULDERS, HIPS, KNEES, ANKLES = (5, 6), (11, 12), (13, 14), (15, 16)
STEPS = (0.2, 0.4, 0.6, 0.8)
CHEST_DROP = 0.3


def look_of(picture: np.ndarray, person: Detection) -> np.ndarray:
    """float32 (4, 3): the median colour of each region, 0 to 1; NaN where one is not seen."""
    regions = (_head(person), _chest(person), _torso(person), _legs(person))
    return np.stack([_colour(picture, points) for points in regions])


def look_distance(one: np.ndarray, other: np.ndarray) -> float | None:
    """The mean difference of the regions that both show, 0 to 1; None where there is none."""
    gaps = np.abs(one - other).mean(axis=1)
    shared = gaps[~np.isnan(gaps)]
    return float(shared.mean()) if len(shared) else None


def blended(old: np.ndarray, new: np.ndarray, share: float) -> np.ndarray:
    """``share`` of ``new``, where both are known; else the one that is."""
    mixed = old * (1 - share) + new * share
    return np.where(np.isnan(mixed), np.where(np.isnan(old), new, old), mixed)


def _colour(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    places = np.round(points).astype(int).reshape(-1, 2)
    inside = ((places >= 0) & (places < (width, height))).all(axis=1)
    if not inside.any():
        return np.full(3, np.nan, np.float32)
    x, y = places[inside].T
    return (np.median(picture[y, x], axis=0) / 255).astype(np.float32)


def _known(person: Detection, joints: tuple[int, ...]) -> np.ndarray | None:
    chosen = person.keypoints[list(joints)]
    return chosen[:, :2] if (chosen[:, 2] >= KNOWN).all() else None


def _head(person: Detection) -> np.ndarray:
    chosen = person.keypoints[list(HEAD)]
    return chosen[chosen[:, 2] >= KNOWN, :2]


def _chest(person: Detection) -> np.ndarray:
    ends = _known(person, SHOULDERS)
    if ends is None:
        return np.zeros((0, 2))
    across = ends[1] - ends[0]
    drop = np.array([0, CHEST_DROP * np.linalg.norm(across)])
    return _between(ends[0], ends[1]) + drop


def _torso(person: Detection) -> np.ndarray:
    corners = _known(person, SHOULDERS + HIPS)
    if corners is None:
        return np.zeros((0, 2))
    left, right = _between(corners[0], corners[2]), _between(corners[1], corners[3])
    return np.concatenate([_between(a, b) for a, b in zip(left, right, strict=True)])


def _legs(person: Detection) -> np.ndarray:
    bones = [(h, k) for h, k in zip(HIPS + KNEES, KNEES + ANKLES, strict=True)]
    ends = [_known(person, bone) for bone in bones]
    return np.concatenate([np.zeros((0, 2)), *(_between(*e) for e in ends if e is not None)])


def _between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    steps = np.array(STEPS)[:, None]
    return one * (1 - steps) + other * steps
