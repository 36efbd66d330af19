"""A flat calibration board: what it looks like, where its corners are, how it can be turned."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

FORMS = (
    "charuco:7x5:40mm:30mm:4x4_50 (columns x rows of squares, side of a square, side of a marker, "
    "dictionary) or checkerboard:10x7:25mm (columns x rows of squares, side of a square)"
)
CHARUCO, CHECKERBOARD = "charuco", "checkerboard"
METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
USUAL_DICTIONARY = "4x4_50"
LEAST_SQUARES = {CHARUCO: 3, CHECKERBOARD: 4}
MOST_SQUARES = 60
LONGEST_SQUARE = 2.0
# Of the ArUco dictionaries, those that print shops and calibration tools offer.
DICTIONARIES = (
    *(f"{bits}x{bits}_{size}" for bits in (4, 5, 6, 7) for size in (50, 100, 250, 1000)),
    "aruco_original", "apriltag_16h5", "apriltag_25h9", "apriltag_36h10", "apriltag_36h11",
)  # fmt: skip


def dictionary_of(name: str) -> cv2.aruco.Dictionary:
    """OpenCV's dictionary of markers, by one of :data:`DICTIONARIES`."""
    return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f"DICT_{name.upper()}"))


@dataclass(frozen=True)
class Board:
    """A ChArUco board or a checkerboard.

    Its frame has the origin at the outer corner of the first square, x along the columns and y
    along the rows: right and down, for who reads it upright; z goes into the board.

    Attributes:
        kind: charuco or checkerboard.
        columns, rows: Of squares.
        square, marker: Sides in metres; a checkerboard has no markers.
        dictionary: Of the markers, one of :data:`DICTIONARIES`.

    Example:
        >>> Board.parse("charuco:7x5:40mm:30mm").square
        0.04
        >>> Board.parse("checkerboard:10x7:2.5cm").corners.shape
        (54, 3)
    """

    kind: str
    columns: int
    rows: int
    square: float
    marker: float = 0.0
    dictionary: str = USUAL_DICTIONARY

    @classmethod
    def parse(cls, text: str) -> Board:
        """Read a board's description, such as ``charuco:7x5:40mm:30mm:5x5_100``.

        Raises:
            ValueError: It has another form, or there can be no such board; the text says why.
        """
        kind, *parts = (part.strip().lower() for part in text.split(":"))
        counts = {CHARUCO: (3, 4), CHECKERBOARD: (2, 2)}.get(kind)
        if counts is None or not counts[0] <= len(parts) <= counts[1]:
            raise ValueError(f"board {text!r} is not of the form {FORMS}")
        columns, rows = _counts(parts[0], text, LEAST_SQUARES[kind])
        square = _length(parts[1], text)
        if kind == CHECKERBOARD:
            return cls(kind, columns, rows, square)
        dictionary = parts[3].removeprefix("dict_") if len(parts) > 3 else USUAL_DICTIONARY
        board = cls(kind, columns, rows, square, _length(parts[2], text), dictionary)
        board._check_markers(text)
        return board

    def _check_markers(self, text: str) -> None:
        if self.dictionary not in DICTIONARIES:
            raise ValueError(
                f"board {text!r}: the dictionary {self.dictionary} is none of "
                f"{', '.join(DICTIONARIES)}"
            )
        if self.marker >= self.square:
            raise ValueError(
                f"board {text!r}: its markers ({self.marker:g} m) are not smaller than its squares "
                f"({self.square:g} m): the square's side comes first"
            )
        needed, held = self.columns * self.rows // 2, len(dictionary_of(self.dictionary).bytesList)
        if needed > held:
            raise ValueError(
                f"board {text!r} has {needed} markers and {self.dictionary} {held}: name the "
                "dictionary that it was printed with"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the inner corners."""
        return self.rows - 1, self.columns - 1

    @property
    def corners(self) -> np.ndarray:
        """The inner corners (C, 3) in metres, row by row."""
        y, x = np.indices(self.shape).reshape(2, -1) + 1
        return np.stack([x, y, np.zeros_like(x)], axis=-1) * self.square

    @property
    def outline(self) -> np.ndarray:
        """The board's own four corners (4, 3) in metres, around it."""
        width, height = self.columns * self.square, self.rows * self.square
        return np.array([[0, 0, 0], [width, 0, 0], [width, height, 0], [0, height, 0.0]])

    @property
    def turns(self) -> list[np.ndarray]:
        """The orders (C,) of the corners under which the board looks the same; as it is first."""
        if self.kind == CHARUCO:
            return [np.arange(len(self.corners))]
        return [order for order, is_alike in zip(*self._quarter_turns(), strict=True) if is_alike]

    @property
    def placements(self) -> list[np.ndarray]:
        """All orders (C,) in which a detector may give the corners of a board that it faces."""
        return self._quarter_turns()[0]

    def _quarter_turns(self) -> tuple[list[np.ndarray], list[bool]]:
        """The orders, and for each whether black comes upon black."""
        grid = np.arange(len(self.corners)).reshape(self.shape)
        half = (self.columns + self.rows) % 2 == 0
        orders = [grid, grid[::-1, ::-1]]
        alike = [True, half]
        if self.columns == self.rows:
            orders += [np.rot90(grid), np.rot90(grid, 3)]
            alike += [self.columns % 2 == 1] * 2
        return [order.ravel() for order in orders], alike

    def pattern(self, is_legacy: bool) -> cv2.aruco.CharucoBoard:
        """OpenCV's board; before 4.6 it drew those of even rows with the other squares black."""
        board = cv2.aruco.CharucoBoard(
            (self.columns, self.rows), self.square, self.marker, dictionary_of(self.dictionary)
        )
        board.setLegacyPattern(is_legacy)
        return board


def _counts(text: str, whole: str, least: int) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})x(\d{1,3})", text)
    if not found:
        raise ValueError(f"board {whole!r}: {text!r} is no count of squares such as 7x5")
    columns, rows = map(int, found.groups())
    if not (least <= columns <= MOST_SQUARES and least <= rows <= MOST_SQUARES):
        raise ValueError(
            f"board {whole!r}: {text} squares are not between {least} and {MOST_SQUARES} each way; "
            "squares are counted, not the corners between them"
        )
    return columns, rows


def _length(text: str, whole: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(mm|cm|m)", text)
    if not found:
        raise ValueError(f"board {whole!r}: {text!r} is no length with its unit, such as 40mm")
    length = float(found[1]) * METRES[found[2]]
    if not 0 < length <= LONGEST_SQUARE:
        raise ValueError(
            f"board {whole!r}: {text} is not between 0 and {LONGEST_SQUARE:g} m: check the unit"
        )
    return round(length, 9)
