"""3D points in time, as the files of motion capture hold them, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

UNITS = ("m", "cm", "mm")


class Trajectories(NamedTuple):
    """What the readers of 3D files return.

    Attributes:
        points: float64 (F, J, 3), NaN where a point is missing.
        names: J labels.
        fps: Frames a second; None where the file does not tell.
        units: The file's word for its unit of length.
    """

    points: np.ndarray
    names: tuple[str, ...]
    fps: float | None
    units: str


def checked(
    path: str | Path, points: np.ndarray, names: Sequence[str], fps: float, units: str
) -> np.ndarray:
    """The points as float64 (F, J, 3), NaN wherever one coordinate is not finite.

    Raises:
        ValueError: Points, names, rate or unit do not fit; the message names the file.
    """
    points = np.array(points, np.float64)
    if points.ndim != 3 or points.shape[2] != 3 or not points.size:
        raise ValueError(f"{path} cannot hold points of shape {points.shape}: give (F, J, 3)")
    if len(names) != points.shape[1] or len(set(names)) != len(names):
        raise ValueError(f"{path} needs {points.shape[1]} different names, got {list(names)}")
    # These would break the line or the column of a text file.
    odd = [name for name in names if not name.strip() or set(name) & set('\t\r\n,;"')]
    if odd:
        raise ValueError(f"{path} cannot hold the name {odd[0]!r}: use letters and digits")
    if not np.isfinite(fps) or fps <= 0:
        raise ValueError(f"{path} needs a frame rate above 0, got {fps}")
    if units not in UNITS:
        raise ValueError(f"{path} cannot be in {units!r}: scale the points to {', '.join(UNITS)}")
    points[~np.isfinite(points).all(axis=2)] = np.nan
    return points
