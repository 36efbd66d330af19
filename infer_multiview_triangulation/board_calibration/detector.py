"""Find the corners of a board in a picture."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from .board import CHARUCO, DICTIONARIES, Board, dictionary_of
from .extent import BoardExtent, is_regular

# The long sides of the pictures in which a checkerboard is looked for, one after the other.
SMALL, SMALLER = 960, 480
# Half the window of a corner, as a share of the distance of two corners, and in pixels.
WINDOW, LEAST_WINDOW, MOST_WINDOW = 0.3, 2, 11
SUBPIXEL_END = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.01)
# By so many corners more, over all pictures, one way of drawing the board is the right one.
SURE = 60
# Pixels of a square of a board that is drawn to see how corners are told.
DRAWN_SQUARE = 40
# Two shades of grey, apart, between black and white squares.
LEAST_CONTRAST = 10.0


class BoardDetector:
    """Looks for one board in picture after picture.

    Attributes:
        extent: How far the board reaches that was seen so far.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self.extent = BoardExtent(board)
        self._corners = len(board.corners)
        if board.kind == CHARUCO:
            kinds = (False, True) if board.rows % 2 == 0 else (False,)
            self._charucos = [cv2.aruco.CharucoDetector(board.pattern(kind)) for kind in kinds]
            self._votes = np.zeros(len(kinds))
            self._bias = _charuco_bias(board)

    def find(self, grey: np.ndarray) -> np.ndarray:
        """The pixels (C, 2) of the board's corners in a picture, uint8 (H, W); NaN where unseen."""
        if self._board.kind == CHARUCO:
            return self._find_charuco(grey)
        found = self._find_checkerboard(grey)
        if found is None or not is_regular(grey, found.reshape(*self._board.shape, 2)):
            return np.full((self._corners, 2), np.nan)
        pixels = self._in_order(found, grey)
        self.extent.look(grey, pixels)
        return pixels

    def _find_charuco(self, grey: np.ndarray) -> np.ndarray:
        if len(self._charucos) > 1 and np.ptp(self._votes) > SURE:
            self._charucos = [self._charucos[int(self._votes.argmax())]]
        found, markers = zip(*[self._pixels_of(c, grey) for c in self._charucos], strict=True)
        self.extent.note(markers[0])
        counts = [int(np.isfinite(pixels[:, 0]).sum()) for pixels in found]
        if len(found) > 1:
            self._votes += counts
        return self._charuco_refined(grey, found[int(np.argmax(counts))])

    def _pixels_of(
        self, charuco: cv2.aruco.CharucoDetector, grey: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The corners (C, 2), and the numbers (M,) of all markers that are seen."""
        pixels = np.full((self._corners, 2), np.nan)
        corners, ids, _, markers = charuco.detectBoard(grey)
        if ids is not None:
            pixels[np.ravel(ids).astype(int)] = np.reshape(corners, (-1, 2)) - self._bias
        return pixels, np.zeros(0, int) if markers is None else np.ravel(markers).astype(int)

    def _charuco_refined(self, grey: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """The corners (C, 2) measured anew, NaN as before.

        OpenCV leaves some where the markers around tell them to be, up to a pixel off.
        """
        grid = pixels.reshape(*self._board.shape, 2)
        steps = [np.linalg.norm(np.diff(grid, axis=axis), axis=-1).ravel() for axis in (0, 1)]
        known = np.concatenate(steps)
        known = known[np.isfinite(known)]
        if not len(known):
            return pixels
        # Up to the markers, whose corners would be taken for the board's.
        margin = (self._board.square - self._board.marker) / 2 / self._board.square
        half = int(np.clip(np.floor(margin * known.min()), LEAST_WINDOW, MOST_WINDOW))
        seen = np.isfinite(pixels[:, 0])
        refined = pixels.copy()
        refined[seen] = _measured(grey, pixels[seen], half)
        return refined

    def _find_checkerboard(self, grey: np.ndarray) -> np.ndarray | None:
        """All corners (C, 2) row by row, in any of the orders; None without a board.

        They are looked for in smaller pictures, which is quick where there is no board, by the
        method that is quick and then by the one that bears blur and bad light; and measured in the
        whole picture.
        """
        size = self._board.shape[::-1]
        small, factor = _reduced(grey, SMALL)
        is_found, corners = cv2.findChessboardCorners(small, size, flags=0)
        if not is_found:
            small, factor = _reduced(grey, SMALLER)
            is_found, corners = cv2.findChessboardCornersSB(
                small, size, flags=cv2.CALIB_CB_NORMALIZE_IMAGE
            )
        return (
            self._refined(grey, (corners.reshape(-1, 2) + 0.5) / factor - 0.5) if is_found else None
        )

    def _refined(self, grey: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        grid = pixels.reshape(*self._board.shape, 2)
        steps = [np.linalg.norm(np.diff(grid, axis=axis), axis=-1).min() for axis in (0, 1)]
        half = int(np.clip(WINDOW * min(steps), LEAST_WINDOW, MOST_WINDOW))
        return _measured(grey, pixels, half)

    def _in_order(self, pixels: np.ndarray, grey: np.ndarray) -> np.ndarray:
        """The corners in the board's order: seen from its front, and its first square black."""
        grid = pixels.reshape(*self._board.shape, 2)
        across, down = grid[:, -1].mean(0) - grid[:, 0].mean(0), grid[-1].mean(0) - grid[0].mean(0)
        if across[0] * down[1] - across[1] * down[0] < 0:
            pixels = grid[:, ::-1].reshape(-1, 2)
        contrasts = [self._blackness(pixels[order], grey) for order in self._board.placements]
        if max(contrasts) < LEAST_CONTRAST:
            return np.full((self._corners, 2), np.nan)
        return pixels[self._board.placements[int(np.argmax(contrasts))]]

    def _blackness(self, pixels: np.ndarray, grey: np.ndarray) -> float:
        """By how much the squares that ought to be black are darker than the others."""
        grid = pixels.reshape(*self._board.shape, 2)
        centres = (grid[:-1, :-1] + grid[1:, 1:] + grid[:-1, 1:] + grid[1:, :-1]) / 4
        x, y = np.rint(centres).astype(int).reshape(-1, 2).T
        height, width = grey.shape
        shades = grey[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(float)
        # The first of these squares is the second of the second row, as black as the first of all.
        is_black = np.indices(centres.shape[:2]).sum(axis=0).ravel() % 2 == 0
        return float(shades[~is_black].mean() - shades[is_black].mean())


def _measured(grey: np.ndarray, pixels: np.ndarray, half: int) -> np.ndarray:
    """Corners (N, 2) to parts of a pixel, by what is within ``half`` pixels of each."""
    start = pixels.astype(np.float32).reshape(-1, 1, 2)
    refined = cv2.cornerSubPix(grey, start, (half, half), (-1, -1), SUBPIXEL_END)
    return refined.reshape(-1, 2).astype(np.float64)


def _charuco_bias(board: Board) -> np.ndarray:
    """By how many pixels (2,) this OpenCV tells corners beside their places.

    Some versions count from pixels' corners, Ikomia's 4.12 among them: half a pixel each way.
    """
    image = board.pattern(False).generateImage(
        (board.columns * DRAWN_SQUARE, board.rows * DRAWN_SQUARE), marginSize=0
    )
    page = np.pad(image, DRAWN_SQUARE, constant_values=255)
    corners, ids, _, _ = cv2.aruco.CharucoDetector(board.pattern(False)).detectBoard(page)
    if ids is None:
        return np.zeros(2)
    truth = (board.corners[np.ravel(ids).astype(int), :2] / board.square + 1) * DRAWN_SQUARE - 0.5
    offset = np.median(np.reshape(corners, (-1, 2)) - truth, axis=0)
    return np.round(2 * offset) / 2


def _reduced(grey: np.ndarray, side: int) -> tuple[np.ndarray, float]:
    """The picture with a long side of at most ``side`` pixels, and by what it was multiplied."""
    factor = min(1.0, side / max(grey.shape))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small, factor


def other_dictionary(board: Board, pictures: Iterable[np.ndarray]) -> str | None:
    """The dictionary whose markers are seen, where it is not the board's; None if none is."""
    counts = dict.fromkeys(DICTIONARIES, 0)
    for grey in pictures:
        for name in DICTIONARIES:
            detector = cv2.aruco.ArucoDetector(dictionary_of(name))
            _, ids, _ = detector.detectMarkers(grey)
            counts[name] += 0 if ids is None else len(ids)
    # Larger dictionaries hold the smaller ones, which stand before them.
    best = max(DICTIONARIES, key=lambda name: counts[name])
    return best if counts[best] > max(2, 2 * counts[board.dictionary]) else None


def other_size(board: Board, pictures: Iterable[np.ndarray]) -> tuple[int, int] | None:
    """Columns and rows of squares of the checkerboard that is seen instead; None if none is."""
    for grey in pictures:
        for columns, rows in ((1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1)):
            size = board.columns + columns, board.rows + rows
            if min(size) < 4:
                continue
            other = Board(board.kind, *size, board.square)
            if np.isfinite(BoardDetector(other).find(grey)).all():
                return size
    return None
