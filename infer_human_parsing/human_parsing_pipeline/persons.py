"""People as a detector says them, and what is done with their boxes and masks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

MOST_CLAIMED = 0.5


@dataclass(frozen=True, eq=False)
class Person:
    """``box`` left, top, right, bottom in pixels (right and bottom excluded), ``score`` 0 to 1.

    ``mask``, where the detector gives one, is bool (H, W) of the whole picture.
    """

    box: tuple[float, float, float, float]
    score: float = 1.0
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Window:
    """Whole pixels of a picture, ``right`` and ``bottom`` excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index (..., H, W)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def window_of(
    box: tuple[float, float, float, float], enlarge: float, height: int, width: int
) -> Window | None:
    """The pixels of ``box`` made ``enlarge`` times as large about its centre, within the picture.

    None where nothing of the box lies in the picture.
    """
    if not np.isfinite(box).all():
        return None
    left, top, right, bottom = box
    half_width, half_height = (right - left) / 2 * enlarge, (bottom - top) / 2 * enlarge
    x, y = (left + right) / 2, (top + bottom) / 2
    window = Window(
        max(0, int(np.floor(x - half_width))),
        max(0, int(np.floor(y - half_height))),
        min(width, int(np.ceil(x + half_width))),
        min(height, int(np.ceil(y + half_height))),
    )
    return window if window.width > 0 and window.height > 0 else None


def whole_picture(height: int, width: int) -> Person:
    """One person who fills the picture."""
    return Person((0, 0, width, height))


def suppress_claimed(persons: Sequence[Person], most_claimed: float = MOST_CLAIMED) -> list[Person]:
    """Give each pixel to the best-scored mask, and drop people who lose too much to others.

    People come back in the order of their scores. One whose mask is empty is dropped, and one of
    whose mask more than ``most_claimed`` was claimed before. People without masks are kept.
    """
    kept: list[Person] = []
    claimed: np.ndarray | None = None
    for person in sorted(persons, key=lambda p: -p.score):
        if person.mask is None:
            kept.append(person)
            continue
        claimed = np.zeros_like(person.mask) if claimed is None else claimed
        area, left = np.count_nonzero(person.mask), person.mask & ~claimed
        if area == 0 or area - np.count_nonzero(left) > most_claimed * area:
            continue
        claimed |= left
        kept.append(replace(person, mask=left))
    return kept
