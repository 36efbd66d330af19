"""Scale and axes of a world that cameras alone leave open: a person's height, the floor, up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from .alignment import IDENTITY, Similarity
from .camera import Camera
from .skeletons import Skeleton

AXES = {"y": np.array([0.0, 1, 0]), "z": np.array([0.0, 0, 1])}
# Heights above the floor as shares of stature (Drillis and Contini, 1966): eye, ankle.
EYE_HEIGHT, ANKLE_HEIGHT = 0.936, 0.039
FLOOR_PERCENTILE = 5
# How many names each kind of scale has.
KINDS = {"height": 0, "distance": 2, "bone": 2}
STATURE = ("ankle", "knee", "hip", "shoulder", "eye")


@dataclass(frozen=True)
class ScaleRule:
    """``kind`` of :data:`KINDS`, the cameras or joints it names, and how long that is."""

    kind: str
    names: tuple[str, ...]
    length: float


def scale_rule(text: str) -> ScaleRule | None:
    """What ``text`` asks for, as :func:`scaling` explains; None for ``none``.

    Raises:
        ValueError: It is of no such form.
    """
    if text == "none":
        return None
    kind, _, rest = text.partition(":")
    *names, number = (part.strip() for part in rest.split(","))
    if kind == "bone" and len(names) == 1:
        names = [name.strip() for name in names[0].split("-")]
    if len(names) != KINDS.get(kind):
        raise ValueError(
            f"scale {text!r} is none of none, height:LENGTH, distance:CAMERA,CAMERA,LENGTH, "
            "bone:JOINT-JOINT,LENGTH"
        )
    try:
        length = float(number)
    except ValueError:
        length = 0.0
    if not 0 < length < np.inf:
        raise ValueError(f"scale {text!r} does not end in a length above 0")
    return ScaleRule(kind, tuple(names), length)


def check_world(scale: str, up_axis: str, skeleton: Skeleton, cameras: Sequence[str]) -> None:
    """See before any work that ``scale`` and ``up_axis`` name what there is.

    Args:
        cameras: Their names.

    Raises:
        ValueError: A camera or joint that is needed does not exist.
    """
    rule = scale_rule(scale)
    if rule and rule.kind == "distance":
        missing = [name for name in rule.names if name not in cameras]
        if missing:
            raise ValueError(f"there is no camera {missing[0]!r}; there are {', '.join(cameras)}")
    if rule and rule.kind == "bone" and any(skeleton.index(name) is None for name in rule.names):
        raise ValueError(
            f"bone {'-'.join(rule.names)!r} is not JOINT-JOINT of {skeleton.name}: "
            f"{', '.join(skeleton.joints)}"
        )
    if rule and rule.kind == "height" and not all(_sided(skeleton, part) for part in STATURE):
        raise ValueError(
            f"a height cannot be measured in {skeleton.name}, which lacks one of "
            f"{', '.join(STATURE)}: use scale=distance:... or scale=bone:..."
        )
    if up_axis != "keep" and not (_sided(skeleton, "ankle") and _sided(skeleton, "shoulder")):
        raise ValueError(
            f"up cannot be found in {skeleton.name}: it has no ankles and shoulders; "
            "use up_axis=keep"
        )


def _sided(skeleton: Skeleton, part: str) -> list[int]:
    """The joints called ``part`` on the left and on the right, as far as there are any."""
    places = (skeleton.index(f"{side}_{part}") for side in ("left", "right"))
    return [place for place in places if place is not None]


def scaling(
    text: str, points: np.ndarray, skeleton: Skeleton, cameras: Sequence[Camera]
) -> Similarity:
    """The similarity that ``text`` asks for.

    Args:
        text: ``none``; ``height:1.75``, the person's stature; ``distance:c01,c05,9.8`` between
            two cameras; ``bone:left_knee-left_ankle,0.42``. The number's unit becomes the world's.
        points: (F, J, 3).

    Raises:
        ValueError: The text is none of these, or what it names was never seen.
    """
    rule = scale_rule(text)
    if rule is None:
        return IDENTITY
    if rule.kind == "height":
        now = stature(points, skeleton)
    elif rule.kind == "distance":
        now = _camera_distance(cameras, *rule.names)
    else:
        now = _bone(points, skeleton, rule.names)
    return Similarity(np.eye(3), np.zeros(3), rule.length / now)


def stature(points: np.ndarray, skeleton: Skeleton) -> float:
    """Height of the person from median limb lengths, in the points' unit.

    Raises:
        ValueError: Legs, trunk or head were never seen.
    """

    def place(part: str) -> np.ndarray:
        return points[:, _sided(skeleton, part)].mean(axis=1)

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
    centres = {camera.name: camera.centre for camera in cameras}
    distance = float(np.linalg.norm(centres[first] - centres[second]))
    if distance == 0:
        raise ValueError(f"the cameras {first} and {second} stand at one place")
    return distance


def _bone(points: np.ndarray, skeleton: Skeleton, names: Sequence[str]) -> float:
    first, second = (skeleton.index(name) for name in names)
    lengths = np.linalg.norm(points[:, first] - points[:, second], axis=-1)
    if not np.isfinite(lengths).any():
        raise ValueError(f"bone {'-'.join(names)!r} was never seen whole: name another")
    return float(np.nanmedian(lengths))


def upright(points: np.ndarray, skeleton: Skeleton, axis: str) -> Similarity:
    """Turn the world so that bodies stand along ``axis`` (y or z), and put the floor at 0.

    Up is the median direction from the ankles to the shoulders; the middle of the person's
    path becomes the origin of the floor.

    Raises:
        ValueError: Ankles and shoulders were never seen together.
    """
    feet, shoulders = (_middle(points[:, _sided(skeleton, part)]) for part in ("ankle", "shoulder"))
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
