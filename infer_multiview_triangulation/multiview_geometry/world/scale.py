"""The scale of a world that cameras alone leave open, and the unit that it has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..camera import Camera
from ..cameras.alignment import IDENTITY, Similarity
from ..points.errors import finite_median
from ..skeletons import Skeleton
from .body import STATURE_PARTS, sides, stature

# How many names each kind of scale has.
KINDS = {"height": 0, "distance": 2, "bone": 2}
# Stature of people in each unit: what a trajectory's extent is compared with.
STATURES = {"m": 1.7, "cm": 170.0, "mm": 1700.0}
# How many times larger or smaller than that a person may be.
MAX_RATIO = 3.0


def _rule(text: str) -> tuple[str, list[str], float]:
    """The kind of ``text``, the cameras or joints that it names, and how long that is.

    Raises:
        ValueError: It is of no such form as :func:`scaled_world` explains.
    """
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
    return kind, names, length


def check_scale(text: str, skeleton: Skeleton, camera_names: Sequence[str]) -> None:
    """See before any work that ``text`` names what there is.

    Raises:
        ValueError: It is of no known form, or a camera or joint does not exist.
    """
    if text == "none":
        return
    kind, names, _ = _rule(text)
    if kind == "distance":
        missing = [name for name in names if name not in camera_names]
        if missing:
            raise ValueError(
                f"there is no camera {missing[0]!r}; there are {', '.join(camera_names)}"
            )
    elif kind == "bone":
        if any(skeleton.index(name) is None for name in names):
            raise ValueError(
                f"bone {'-'.join(names)!r} is not JOINT-JOINT of {skeleton.name}: "
                f"{', '.join(skeleton.joints)}"
            )
    elif not all(sides(skeleton, part) for part in STATURE_PARTS):
        raise ValueError(
            f"a height cannot be measured in {skeleton.name}, which lacks one of "
            f"{', '.join(STATURE_PARTS)}: use scale=distance:... or scale=bone:..."
        )


def scaled_world(
    text: str, points: np.ndarray, skeleton: Skeleton, *, cameras: Sequence[Camera]
) -> Similarity:
    """The similarity that ``text`` asks for.

    Args:
        text: ``none``; ``height:1.75``, the person's stature; ``distance:c01,c05,9.8`` between
            two cameras; ``bone:left_knee-left_ankle,0.42``. The number's unit becomes the world's.
        points: (F, J, 3).

    Raises:
        ValueError: The text is none of these, or what it names was never seen.
    """
    if text == "none":
        return IDENTITY
    kind, names, wanted = _rule(text)
    if kind == "height":
        length = stature(points, skeleton)
    elif kind == "distance":
        centres = {camera.name: camera.centre for camera in cameras}
        length = float(np.linalg.norm(centres[names[0]] - centres[names[1]]))
        if length == 0:
            raise ValueError(f"the cameras {names[0]} and {names[1]} stand at one place")
    else:
        first, second = (skeleton.joints.index(name) for name in names)
        length = finite_median(np.linalg.norm(points[:, first] - points[:, second], axis=-1))
        if length is None:
            raise ValueError(f"bone {'-'.join(names)!r} was never seen whole: name another")
    return Similarity(np.eye(3), np.zeros(3), wanted / length)


def unit_of(points: np.ndarray, stated: str) -> str:
    """``stated``, or for auto the unit in which the person's extent is nearest to a person's.

    Args:
        points: (F, J, 3), NaN where unknown.

    Returns:
        ``m``, ``cm``, ``mm``, or ``unknown`` where no unit fits within a factor of three.
    """
    if stated != "auto":
        return stated
    seen = points[np.isfinite(points).any(axis=(1, 2))]
    extents = np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)
    extents = extents[np.isfinite(extents).all(axis=1)]
    if not len(extents):
        return "unknown"
    size = max(float(np.median(np.linalg.norm(extents, axis=1))), 1e-12)
    ratios = {unit: abs(np.log(size / length)) for unit, length in STATURES.items()}
    best = min(ratios, key=ratios.__getitem__)
    return best if ratios[best] < np.log(MAX_RATIO) else "unknown"
