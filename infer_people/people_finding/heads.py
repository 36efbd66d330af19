"""What MoveNet's heads say: scores and refined places of keypoints on maps of a quarter's size.

Places are in cells of the maps, y before x; a cell's continuous coordinate times 4 is that of the
input, whose first pixel reaches from 0 to 1 (Zhou et al., Objects as Points, 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STRIDE = 4
JOINTS = 17
OUTPUTS = {"center", "heatmap", "regression", "offset"}


@dataclass(frozen=True)
class Heads:
    """The maps of one input, (h, w) cells.

    Attributes:
        center: (h, w), how much a cell is a person's centre, 0 to 1.
        heatmap: (17, h, w), how much it is a keypoint, 0 to 1.
        regression: (17, 2, h, w), from a centre to its keypoints, y and x.
        offset: (17, 2, h, w), from a keypoint's cell to its place.
    """

    center: np.ndarray
    heatmap: np.ndarray
    regression: np.ndarray
    offset: np.ndarray

    @staticmethod
    def of(outputs: dict[str, np.ndarray], row: int = 0) -> Heads:
        """Those of one input of a batch."""
        center = outputs["center"][row, 0]
        pairs = (JOINTS, 2, *center.shape)
        return Heads(
            center,
            outputs["heatmap"][row],
            outputs["regression"][row].reshape(pairs),
            outputs["offset"][row].reshape(pairs),
        )

    def part(self, rows: slice, columns: slice) -> Heads:
        """Of some cells only, counted from the first of them."""
        cells = (..., rows, columns)
        return Heads(
            self.center[cells], self.heatmap[cells], self.regression[cells], self.offset[cells]
        )

    def regressed(self, row: int, column: int) -> np.ndarray:
        """Where the person centred on this cell has its keypoints, (17, 2), y and x."""
        return self.regression[:, :, row, column] + (row, column)

    def squared_distances(self, places: np.ndarray) -> np.ndarray:
        """From each cell to the place of each keypoint (17, 2): (17, h, w)."""
        height, width = self.center.shape
        rows = (np.arange(height, dtype=np.float32) - places[:, :1].astype(np.float32)) ** 2
        columns = (np.arange(width, dtype=np.float32) - places[:, 1:].astype(np.float32)) ** 2
        return rows[:, :, None] + columns[:, None]

    def keypoints(self, weighted: np.ndarray) -> np.ndarray:
        """(17, 3): x, y in pixels of the input and a score, where ``weighted`` (17, h, w) peaks.

        Pixels are counted from the centre of the first one.
        """
        best = weighted.reshape(JOINTS, -1).argmax(axis=1)
        rows, columns = np.unravel_index(best, self.center.shape)
        joints = np.arange(JOINTS)
        shifts = self.offset[joints, :, rows, columns]
        y, x = rows + shifts[:, 0], columns + shifts[:, 1]
        return np.stack(
            [x * STRIDE - 0.5, y * STRIDE - 0.5, self.heatmap[joints, rows, columns]], 1
        )
