"""MoveNet Thunder: the keypoints of the person in the middle of a crop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from ..infer_people_kit.keypoints.skeletons import SKELETONS
from .crops import Crop
from .heads import OUTPUTS, Heads
from .sessions import WEIGHTS, Session

NAME = "movenet_thunder.onnx"
# What it was trained on is square. Without what is empty beside a person who stands it needs half
# of the time and finds the same, so the shorter side is cut to what the person takes.
SIDE, SHORTEST, MULTIPLE = 256, 128, 32
# The network's own: cells that are added to the distance that a score is divided by.
SOFTENING = 1.8
# Of the person's longer side, around them.
MARGIN = 0.1


class Thunder:
    """Find the keypoints of each crop.

    Args:
        path: The network; empty: that of this package. One of a fixed input is given squares.
        flip: Look at each crop a second time, mirrored, and take the mean by score.
    """

    def __init__(
        self, path: str = "", *, flip: bool = False, device: str = "cpu", threads: int = 0
    ) -> None:
        self._session = Session(path or WEIGHTS / NAME, device, threads)
        self._session.require(OUTPUTS, "a keypoint network of MoveNet's kind")
        is_fixed = all(isinstance(side, int) for side in self._session.input.shape[1:3])
        self._shortest = SIDE if is_fixed else SHORTEST
        self._flip = flip
        self._mirrored = list(SKELETONS["coco17"].mirrored)

    def __call__(self, picture: np.ndarray, boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Keypoints (17, 3) in pixels of RGB uint8 (H, W, 3), one array a box (4,)."""
        crops = [_around(box, self._shortest) for box in boxes]
        found: dict[int, np.ndarray] = {}
        for size in sorted({size for _, size in crops}):
            rows = [row for row, (_, own) in enumerate(crops) if own == size]
            seen = np.stack([crops[row][0].cut(picture, size) for row in rows])
            for row, keypoints in zip(rows, self._looks(seen), strict=True):
                found[row] = crops[row][0].to_picture(keypoints, size).astype(np.float32)
        return [found[row] for row in range(len(boxes))]

    def _looks(self, seen: np.ndarray) -> np.ndarray:
        """(N, 17, 3) in pixels of the crops (N, h, w, 3)."""
        found = self._keypoints(seen)
        if self._flip:
            mirrored = self._keypoints(np.ascontiguousarray(seen[:, :, ::-1]))
            turned = _unmirrored(mirrored, seen.shape[2])
            found = _mean(found, turned[:, self._mirrored])
        return found

    def _keypoints(self, crops: np.ndarray) -> np.ndarray:
        outputs = self._session(crops)
        return np.stack([_decoded(Heads.of(outputs, row)) for row in range(len(crops))])


def _around(box: np.ndarray, shortest: int) -> tuple[Crop, tuple[int, int]]:
    """A crop that holds a box (x0, y0, x1, y1), and its height and width for the network."""
    width, height = (box[2:] - box[:2]).tolist()
    margin = MARGIN * max(height, width, 1)
    sides = np.array([height, width]) + 2 * margin
    scale = SIDE / sides.max()
    size = np.clip(np.ceil(sides * scale / MULTIPLE) * MULTIPLE, shortest, SIDE).astype(int)
    rows, columns = size.tolist()
    return Crop.holding(box, (rows / scale, columns / scale)), (rows, columns)


def _decoded(heads: Heads) -> np.ndarray:
    """Keypoints (17, 3) of who is nearest to the middle."""
    row, column = np.unravel_index(
        (heads.center * _central(*heads.center.shape)).argmax(), heads.center.shape
    )
    distances = np.sqrt(heads.squared_distances(heads.regressed(int(row), int(column))))
    return heads.keypoints(heads.heatmap / (distances + SOFTENING))


@cache
def _central(height: int, width: int) -> np.ndarray:
    """float (h, w): how near each cell is to the middle."""
    rows, columns = (np.arange(side) - side / 2 for side in (height, width))
    return 1 / (np.hypot(rows[:, None], columns) + SOFTENING)


def _unmirrored(keypoints: np.ndarray, width: int) -> np.ndarray:
    keypoints = keypoints.copy()
    keypoints[..., 0] = width - 1 - keypoints[..., 0]
    return keypoints


def _mean(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Places by their scores; the mean of the scores."""
    weights = np.stack([one[..., 2:], other[..., 2:]])
    places = np.stack([one[..., :2], other[..., :2]])
    shares = weights / np.maximum(weights.sum(axis=0), 1e-6)
    return np.concatenate([(places * shares).sum(axis=0), weights.mean(axis=0)], axis=-1)
