"""3D points in time, as the files of motion capture hold them, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

UNITS_PER_METRE = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
# No point is farther away, in whatever unit: places on the earth in millimetres are below.
FARTHEST = 1e12
MOST_FRAMES_A_SECOND = 1e6
# What files have to tell apart.
FINEST_METRES = 1e-4
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
        first_frame: The first frame's number, as its source counts.
    """

    points: np.ndarray
    names: Sequence[str]
    fps: float | None
    units: str
    first_frame: int = 0

    @property
    def start(self) -> int:
        """How many frames of the source lie before the first; it may count from 0 or from 1."""
        return self.first_frame if self.first_frame > 1 else 0


def refuse_absurd(points: np.ndarray, fps: float | None) -> None:
    """Refuse points and frame rates that a damaged file alone can hold; NaN is a missing point.

    Raises:
        ValueError: The text has the value.
    """
    with np.errstate(invalid="ignore"):
        absurd = points[np.abs(points) > FARTHEST]
    if absurd.size:
        raise ValueError(f"a coordinate of {absurd[0]:.3g} is nowhere")
    if fps is not None and not 0 < fps < MOST_FRAMES_A_SECOND:
        raise ValueError(f"{fps:g} frames a second are no rate")


def _times(stamps: object) -> np.ndarray:
    """Stamps as float64 (F,); none where one of them is no number."""
    try:
        times = np.array(stamps, np.float64).ravel()
    except (TypeError, ValueError):
        return np.zeros(0)
    return times if np.isfinite(times).all() else np.zeros(0)


def first_frame_of(stamps: object, fps: float | None) -> int:
    """The first frame's number.

    Args:
        stamps: (F,), rising: numbers of frames, or times in seconds or, as AIST++ has them, in
            milliseconds; anything else counts as nothing known.
        fps: Frames a second, which tells the one from the other.
    """
    times = _times(stamps)
    if not len(times) or not 0 <= times[0] < 2**31:
        return 0
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    for ticks in (1.0, 1000.0):
        if fps and step != 1 and abs(step * fps / ticks - 1) < 0.1:
            return round(times[0] * fps / ticks)
    return int(times[0]) if (times % 1 == 0).all() else 0


def origin_near(points: np.ndarray, unit: str) -> np.ndarray:
    """(3,): what is taken off points (..., 3) before 32-bit floats hold them.

    Zero where a tenth of a millimetre survives as they are, else whole metres near their middle.
    """
    metre = UNITS_PER_METRE[unit]
    largest = np.nanmax(np.abs(points), initial=0.0, where=np.isfinite(points))
    if np.spacing(np.float32(largest)) < FINEST_METRES * metre:
        return np.zeros(3)
    return metre * np.round(np.nanmedian(points.reshape(-1, 3), axis=0) / metre)


def stamped_rate(stamps: object) -> float | None:
    """Frames a second where stamps (F,) are times in seconds or milliseconds; None for numbers.

    Milliseconds are whole numbers whose steps differ by one, as of 16 and 17 at 60 frames a second.
    """
    steps = np.diff(_times(stamps))
    if not len(steps):
        return None
    step = float(np.median(steps))
    if 0 < step < 1:
        return round(1 / step, 6)
    varies = step >= 2 and (np.abs(steps - step) <= 1).all() and (steps != step).any()
    return round(1000 / float(steps.mean()), 3) if varies else None


def rate_of(seconds: Sequence[float] | np.ndarray) -> float | None:
    """Frames a second, from the frames' times; a frame that is left out does not change it."""
    if len(seconds) < 2:
        return None
    step = float(np.median(np.diff(np.array(seconds, np.float64))))
    return round(1 / step, 6) if step > 0 else None


def unit_of_word(word: object) -> str | None:
    """m, cm or mm, as a file's word has it; None where the word is none of those known.

    Example:
        >>> unit_of_word(" Millimetres "), unit_of_word("inch")
        ('mm', None)
    """
    return UNIT_WORDS.get(str("" if word is None else word).strip().lower())


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
