"""Where the corners of the board were seen, by view and moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ..infer_multiview_triangulation_kit.stopping import check_stop_inside
from .board import CHARUCO, Board
from .detector import BoardDetector, other_dictionary, other_size
from .extent import BoardExtent
from .footage import BoardPictures, BoardVideo, Footage

# With fewer corners a picture says nothing.
LEAST_CORNERS = 6
# In so many pictures it is looked for what board is there instead.
LOOKED_AT = 12

WhenPicture = Callable[[], None]


@dataclass(frozen=True)
class Sightings:
    """All corners that were found.

    Attributes:
        names: Of the views, V.
        sizes: Width and height in pixels, V.
        moments: (M,) growing numbers of frames at which a view showed the board.
        pixels: (V, M, C, 2), NaN where a corner was not seen.
        pictures: How many were looked at, V.
        warnings: What was odd about the board.
    """

    names: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    moments: np.ndarray
    pixels: np.ndarray
    pictures: tuple[int, ...]
    warnings: tuple[str, ...] = ()

    @property
    def seen(self) -> np.ndarray:
        """(V, M): whether a view saw enough of the board."""
        return np.isfinite(self.pixels[..., 0]).sum(axis=-1) >= LEAST_CORNERS

    def reordered(self, orders: np.ndarray) -> Sightings:
        """The same with the corners of each view and moment in another order (V, M, C)."""
        return replace(self, pixels=np.take_along_axis(self.pixels, orders[..., None], axis=2))


def find_sightings(
    footage: Footage, board: Board, stride: int, when_picture: WhenPicture = lambda: None
) -> Sightings:
    """Look for the board in all views.

    Args:
        stride: Every how many frames.
        when_picture: Told of each picture that was looked at.

    Raises:
        ValueError: A view shows no such board, or a larger one, or cannot be read; the text says
            what it shows.
    """
    found: list[dict[int, np.ndarray]] = []
    warnings = []
    counts = []
    for view in footage:
        detector, seen, count = BoardDetector(board), {}, 0
        for moment, grey in view.pictures(stride):
            check_stop_inside("the calibration")
            pixels = detector.find(grey)
            if is_usable(pixels, board):
                seen[moment] = pixels
            count += 1
            when_picture()
            if detector.extent.is_early:
                _check_extent(view, board, detector.extent)
        marker = detector.extent.strange_marker
        if not seen:
            raise ValueError(_nothing_found(view, board, stride, count, marker))
        _check_extent(view, board, detector.extent)
        if marker is not None:
            warnings.append(f"view {view.name}: {_of_markers(board, marker)}")
        found.append(seen)
        counts.append(count)
    moments = sorted({moment for seen in found for moment in seen})
    missing = np.full((len(board.corners), 2), np.nan)
    pixels = np.array([[seen.get(moment, missing) for moment in moments] for seen in found])
    return Sightings(
        names=tuple(view.name for view in footage),
        sizes=tuple(view.size for view in footage),
        moments=np.array(moments),
        pixels=pixels,
        pictures=tuple(counts),
        warnings=tuple(warnings),
    )


def is_usable(pixels: np.ndarray, board: Board) -> bool:
    """Whether enough corners are seen, and not in one row of the board only."""
    rows, columns = np.nonzero(np.isfinite(pixels[:, 0]).reshape(board.shape))
    return len(rows) >= LEAST_CORNERS and len(set(rows)) > 1 and len(set(columns)) > 1


def _check_extent(view: BoardVideo | BoardPictures, board: Board, extent: BoardExtent) -> None:
    """Refuse a checkerboard that is larger than the one that is looked for."""
    size = extent.seen_size
    if size is not None:
        raise ValueError(
            f"{view.path}: the pattern goes on beyond a {board.kind} of {board.columns}x"
            f"{board.rows} squares: one of {size[0]}x{size[1]} or more is seen. Set board to all "
            "of its squares: they are counted, not the inner corners, nor some of them"
        )


def _of_markers(board: Board, marker: int) -> str:
    last = board.columns * board.rows // 2 - 1
    return (
        f"a marker of number {marker} is seen, and a {board.kind} board of {board.columns}x"
        f"{board.rows} squares has 0 to {last}: give board all of its squares, or take other "
        "markers of the dictionary out of sight"
    )


def _nothing_found(
    view: BoardVideo | BoardPictures, board: Board, stride: int, count: int, marker: int | None
) -> str:
    told = f"{view.path}: in none of {count} pictures a board {board.kind} of {board.columns}x"
    told += f"{board.rows} squares was found"
    if marker is not None:
        return f"{told}; {_of_markers(board, marker)}"
    every = stride * max(1, count // LOOKED_AT)
    pictures = [grey for _, grey in islice(view.pictures(every), LOOKED_AT)]
    if board.kind == CHARUCO:
        other = other_dictionary(board, pictures)
        if other:
            return f"{told}; markers of {other} are seen: end board by :{other}"
        return f"{told}: check board's counts of squares (columns first), and its dictionary"
    size = other_size(board, pictures)
    if size:
        return f"{told}; one of {size[0]}x{size[1]} is: squares are counted, not inner corners"
    return f"{told}: check board's counts of squares, and that the whole board is in the picture"
