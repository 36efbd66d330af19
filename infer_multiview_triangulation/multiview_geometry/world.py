"""Scale and axes of a world that cameras alone leave open: a person's height, the floor, up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from .alignment import IDENTITY, Similarity
from .camera import Camera
from .skeletons import Skeleton

AXES = {"y": np.array([0.0, 1, 0]), "z": np.array([0.0, 0, 1])}
# Heights above the floor as shares of stature (Drillis and Contini, 1966): eye, ankle.
EYE_HEIGHT, ANKLE_HEIGHT = 0.936, 0.039
FLOOR_PERCENTILE = 5


def scaling(
    text: str, points: np.ndarray, skeleton: Skeleton, cameras: Sequence[Camera]
) -> Similarity:
    """The similarity that ``text`` asks for.

    Args:
        text: ``none``; ``height:1.75``, the person's stature; ``distance:c01,c05,9.8`` between
            two cameras; ``bone:left_knee-left_ankle,0.42``. The number's unit becomes the world's.
        points: (F, J, 3).

    Raises:
        ValueError: The text is none of these, or what it names cannot be measured.
    """
    if text == "none":
        return IDENTITY
    kind, _, rest = text.partition(":")
    parts = [part.strip() for part in rest.split(",")]
    try:
        wanted = float(parts[-1])
    except ValueError:
        wanted = 0.0
    if wanted <= 0:
        raise ValueError(f"scale {text!r} does not end in a length above 0")
    if kind == "height" and len(parts) == 1:
        now = stature(points, skeleton)
    elif kind == "distance" and len(parts) == 3:
        now = _camera_distance(cameras, parts[0], parts[1])
    elif kind == "bone" and len(parts) == 2:
        now = _bone(points, skeleton, parts[0])
    else:
        raise ValueError(
            f"scale {text!r} is none of none, height:LENGTH, distance:CAMERA,CAMERA,LENGTH, "
            "bone:JOINT-JOINT,LENGTH"
        )
    return Similarity(np.eye(3), np.zeros(3), wanted / now)


def stature(points: np.ndarray, skeleton: Skeleton) -> float:
    """Height of the person from median limb lengths, in the points' unit.

    Raises:
        ValueError: Legs, trunk or head were never seen.
    """

    def place(part: str) -> np.ndarray:
        sides = [skeleton.index(f"{side}_{part}") for side in ("left", "right")]
        return points[:, [side for side in sides if side is not None]].mean(axis=1)

    def length(a: str, b: str) -> float:
        sides = []
        for side in ("left", "right"):
            i, j = skeleton.index(f"{side}_{a}"), skeleton.index(f"{side}_{b}")
            if i is not None and j is not None:
                sides.append(np.linalg.norm(points[:, i] - points[:, j], axis=-1))
        known = np.concatenate(sides) if sides else np.zeros(0)
        known = known[np.isfinite(known)]
        return float(np.median(known)) if len(known) else float("nan")

    trunk = np.linalg.norm(place("shoulder") - place("hip"), axis=-1)
    neck = np.linalg.norm(place("eye") - place("shoulder"), axis=-1)
    with np.errstate(all="ignore"):
        middle = [
            np.median(x[np.isfinite(x)]) if np.isfinite(x).any() else np.nan for x in (trunk, neck)
        ]
    total = length("ankle", "knee") + length("knee", "hip") + sum(middle)
    if not np.isfinite(total):
        raise ValueError(
            "the person's height cannot be measured: ankles, knees, hips, shoulders and eyes must "
            "be seen; use scale=distance:... or scale=bone:..."
        )
    return total / (EYE_HEIGHT - ANKLE_HEIGHT)


def _camera_distance(cameras: Sequence[Camera], first: str, second: str) -> float:
    by_name = {camera.name: camera for camera in cameras}
    missing = [name for name in (first, second) if name not in by_name]
    if missing:
        raise ValueError(f"there is no camera {missing[0]!r}; there are {', '.join(by_name)}")
    distance = float(np.linalg.norm(by_name[first].centre - by_name[second].centre))
    if distance == 0:
        raise ValueError(f"the cameras {first} and {second} stand at one place")
    return distance


def _bone(points: np.ndarray, skeleton: Skeleton, text: str) -> float:
    names = text.split("-")
    indices = [skeleton.index(name.strip()) for name in names]
    if len(indices) != 2 or None in indices:
        raise ValueError(
            f"bone {text!r} is not JOINT-JOINT of {skeleton.name}: {', '.join(skeleton.joints)}"
        )
    lengths = np.linalg.norm(points[:, indices[0]] - points[:, indices[1]], axis=-1)
    if not np.isfinite(lengths).any():
        raise ValueError(f"bone {text!r} was never seen whole")
    return float(np.nanmedian(lengths))


def upright(points: np.ndarray, skeleton: Skeleton, axis: str) -> Similarity:
    """Turn the world so that bodies stand along ``axis`` (y or z), and put the floor at 0.

    Up is the median direction from the ankles to the shoulders; the middle of the person's
    path becomes the origin of the floor.

    Raises:
        ValueError: Ankles and shoulders were never seen together.
    """
    indices = {
        part: [i for s in ("left", "right") if (i := skeleton.index(f"{s}_{part}")) is not None]
        for part in ("ankle", "shoulder")
    }
    if not all(indices.values()):
        raise ValueError(f"up cannot be found in {skeleton.name}: it has no ankles and shoulders")
    feet, shoulders = (_middle(points[:, indices[part]]) for part in ("ankle", "shoulder"))
    bodies = shoulders - feet
    bodies = bodies[np.isfinite(bodies).all(axis=1)]
    if not len(bodies):
        raise ValueError("up cannot be found: ankles and shoulders were never seen together")
    bodies = bodies / np.linalg.norm(bodies, axis=1, keepdims=True)
    up = np.median(bodies, axis=0)
    turn = _shortest_turn(up / np.linalg.norm(up), AXES[axis])
    turned = points @ turn.T
    low = turned @ AXES[axis]
    lowest = np.where(np.isfinite(low), low, np.inf).min(axis=1)
    floor = float(np.percentile(lowest[np.isfinite(lowest)], FLOOR_PERCENTILE))
    middle = np.nanmedian(turned.reshape(-1, 3), axis=0)
    shift = -(middle - (middle @ AXES[axis]) * AXES[axis]) - floor * AXES[axis]
    return Similarity(turn, shift, 1.0)


def _middle(points: np.ndarray) -> np.ndarray:
    """(F, 3): the mean of those of (F, K, 3) that are known."""
    known = np.isfinite(points).all(axis=-1, keepdims=True)
    count = known.sum(axis=1)
    total = np.where(known, points, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _shortest_turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    axis = np.cross(a, b)
    sine, cosine = np.linalg.norm(axis), float(a @ b)
    if sine < 1e-9:
        if cosine > 0:
            return np.eye(3)
        other = np.cross(a, [1.0, 0, 0] if abs(a[0]) < 0.9 else [0.0, 1, 0])
        return Rotation.from_rotvec(np.pi * other / np.linalg.norm(other)).as_matrix()
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, cosine)).as_matrix()
