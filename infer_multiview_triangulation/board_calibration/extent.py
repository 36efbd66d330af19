"""Whether the board that is seen has more squares than the one that is looked for.

OpenCV's detector of checkerboards is content with a part of a larger one, another part in each
picture, or with corners of which it left some between out; the cameras would come out wrong
without a sign. So it is looked whether squares alternate, and whether the pattern goes on.
"""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from .board import CHECKERBOARD, Board

# Where the four squares around a corner are sampled, in squares from it.
BESIDE = 0.3
# Squares that go on have so much of the contrast of those found, at so many of the corners.
LEAST_CONTRAST, MOST_CORNERS = 0.25, 0.7
# Between squares there are so many levels, and at so many of a board's corners they cross.
LEAST_LEVELS, MOST_REGULAR = 10.0, 0.95
# From so many pictures, and of which share, a board is another than the one looked for.
FEWEST, SHARE = 2, 0.25
# After so many pictures of the board it is judged first, and after all of them.
EARLY = 8
# Noise looks like a marker now and then.
FEWEST_MARKERS = 3


class BoardExtent:
    """Collects, over the pictures of one view, how far its board reaches."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._pictures = 0
        self._larger: Counter[tuple[int, int]] = Counter()
        self._markers: Counter[int] = Counter()

    @property
    def is_early(self) -> bool:
        """Whether just so many pictures were looked at that it can be judged."""
        return self._pictures == EARLY

    def look(self, grey: np.ndarray, pixels: np.ndarray) -> None:
        """Look around the corners (C, 2) of a checkerboard, found in a picture, uint8 (H, W)."""
        if self._board.kind != CHECKERBOARD or not np.isfinite(pixels).all():
            return
        self._pictures += 1
        size = pattern_size(grey, pixels.reshape(*self._board.shape, 2))
        if size != (self._board.columns, self._board.rows):
            # The detector may have laid its columns along the board's rows.
            is_wide = self._board.columns >= self._board.rows
            self._larger[(max(size), min(size)) if is_wide else (min(size), max(size))] += 1

    def note(self, markers: np.ndarray) -> None:
        """Remember which of a ChArUco board's markers (M,), by number, a picture shows."""
        self._markers.update(markers.tolist())

    @property
    def seen_size(self) -> tuple[int, int] | None:
        """Columns and rows of squares of the larger checkerboard that is seen; None if none is."""
        count = self._larger.total()
        if count < max(min(FEWEST, self._pictures), SHARE * self._pictures, 1):
            return None
        # Where a part of the board is hidden or cut off it seems smaller.
        return max(self._larger, key=lambda size: size[0] * size[1])

    @property
    def strange_marker(self) -> int | None:
        """The largest number of a marker that the ChArUco board does not have; None if none is."""
        least = self._board.columns * self._board.rows // 2
        strange = (
            number
            for number, count in self._markers.items()
            if number >= least and count >= FEWEST_MARKERS
        )
        return max(strange, default=None)


def is_regular(grey: np.ndarray, grid: np.ndarray) -> bool:
    """Whether light and dark squares cross in turn at corners (R, C, 2), uint8 (H, W)."""
    homography, places = _plane(grid)
    if homography is None:
        return False
    crossing = _crossing(grey, homography, places)
    crossing = crossing[np.isfinite(crossing)]
    contrast = float(np.median(crossing)) if len(crossing) else 0.0
    crosses = np.sign(contrast) * crossing > LEAST_CONTRAST * abs(contrast)
    return abs(contrast) >= LEAST_LEVELS and bool(crosses.mean() >= MOST_REGULAR)


def pattern_size(grey: np.ndarray, grid: np.ndarray) -> tuple[int, int]:
    """Columns and rows of squares of the checkerboard of which some corners were found.

    Beyond a board's last squares there is no corner where squares cross, but its margin. What lies
    outside of the picture or is hidden does not count.

    Args:
        grey: uint8 (H, W).
        grid: (R, C, 2) pixels of inner corners.
    """
    rows, columns = grid.shape[:2]
    homography, places = _plane(grid)
    if homography is None:
        return columns + 1, rows + 1
    contrast = _crossing(grey, homography, places)
    least = LEAST_CONTRAST * abs(np.nanmedian(contrast)) if np.isfinite(contrast).any() else np.inf
    sign = np.sign(np.nanmedian(contrast))

    def goes_on(line: np.ndarray) -> bool:
        crossing = sign * _crossing(grey, homography, line)
        crossing = crossing[np.isfinite(crossing)]
        is_told = 2 * len(crossing) >= len(line) and len(crossing) > 1
        return is_told and bool(np.mean(crossing > least) >= MOST_CORNERS)

    along_x, along_y = np.arange(columns), np.arange(rows)
    ways = (
        lambda step: np.stack([np.full(rows, -step), along_y], axis=1),
        lambda step: np.stack([np.full(rows, columns - 1 + step), along_y], axis=1),
        lambda step: np.stack([along_x, np.full(columns, -step)], axis=1),
        lambda step: np.stack([along_x, np.full(columns, rows - 1 + step)], axis=1),
    )
    more = []
    for way in ways:
        step = 0
        while goes_on(way(step + 1).astype(float)):
            step += 1
        more.append(step)
    return columns + 1 + more[0] + more[1], rows + 1 + more[2] + more[3]


def _plane(grid: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """From columns and rows of corners to pixels (3, 3), and of (R, C, 2) corners the former."""
    places = np.indices(grid.shape[:2])[::-1].reshape(2, -1).T.astype(float)
    homography, _ = cv2.findHomography(places, grid.reshape(-1, 2))
    return homography, places


def _crossing(grey: np.ndarray, homography: np.ndarray, places: np.ndarray) -> np.ndarray:
    """By how many levels the squares across corners (N, 2) are lighter than those beside them.

    The sign is that of the first corner everywhere on one board; 0 where no squares cross, NaN
    outside of the picture.
    """
    sides = BESIDE * np.array([(-1, -1), (1, 1), (-1, 1), (1, -1)])
    around = places[:, None] + sides
    pixels = cv2.perspectiveTransform(around.reshape(1, -1, 2), homography)[0]
    height, width = grey.shape
    inside = ((pixels >= 0) & (pixels <= (width - 1, height - 1))).all(axis=1).reshape(-1, 4)
    x, y = np.clip(np.rint(pixels).astype(int), 0, (width - 1, height - 1)).T
    shades = grey[y, x].astype(float).reshape(-1, 4)
    one, other = shades[:, :2], shades[:, 2:]
    crossing = np.maximum(one.min(axis=1) - other.max(axis=1), 0)
    crossing -= np.maximum(other.min(axis=1) - one.max(axis=1), 0)
    crossing *= 1 - 2 * (places.sum(axis=1).astype(int) % 2)
    return np.where(inside.all(axis=1), crossing, np.nan)
