"""3D points in time, as the files of motion capture hold them, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

UNITS_PER_METRE = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
UNIT_WORDS = {
    word: unit
    for unit, prefix in (("m", ""), ("cm", "centi"), ("mm", "milli"))
    for word in (unit, *(prefix + metre for metre in ("meter", "meters", "metre", "metres")))
}


@dataclass(frozen=True)
class Trajectories:
    """What the readers of 3D files return, and the writers take.

    Attributes:
        points: float64 (F, J, 3), NaN where a point is missing.
        names: J labels.
        fps: Frames a second; None where a file does not tell.
        units: m, cm or mm; from a reader, the file's own word for its unit of length.
    """

    points: np.ndarray
    names: Sequence[str]
    fps: float | None
    units: str


def unit_of_word(word: object) -> str | None:
    """m, cm or mm, as a file's word has it; None where the word is none of those known.

    Example:
        >>> unit_of_word(" Millimetres "), unit_of_word("inch")
        ('mm', None)
    """
    return UNIT_WORDS.get(str(word or "").strip().lower())


def writable(path: str | Path, given: Trajectories) -> tuple[np.ndarray, float]:
    """The points as float64 (F, J, 3), NaN wherever one coordinate is not finite, and the rate.

    Raises:
        ValueError: Points, names, rate or unit do not fit; the message names the file.
    """
    points, names, fps = np.array(given.points, np.float64), list(given.names), given.fps
    if points.ndim != 3 or points.shape[2] != 3 or not points.size:
        raise ValueError(f"{path} cannot hold points of shape {points.shape}: give (F, J, 3)")
    if len(names) != points.shape[1] or len(set(names)) != len(names):
        raise ValueError(f"{path} needs {points.shape[1]} different names, got {names}")
    # These would break the line or the column of a text file.
    odd = [name for name in names if not name.strip() or set(name) & set('\t\r\n,;"')]
    if odd:
        raise ValueError(f"{path} cannot hold the name {odd[0]!r}: use letters and digits")
    if fps is None or not np.isfinite(fps) or fps <= 0:
        raise ValueError(f"{path} needs a frame rate above 0, got {fps}")
    if given.units not in UNITS_PER_METRE:
        known = ", ".join(UNITS_PER_METRE)
        raise ValueError(f"{path} cannot be in {given.units!r}: scale the points to {known}")
    points[~np.isfinite(points).all(axis=2)] = np.nan
    return points, float(fps)
