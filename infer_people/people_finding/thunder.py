"""MoveNet Thunder: the keypoints of the person in the middle of a square crop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..infer_people_kit.keypoints.skeletons import SKELETONS
from .crops import Crop
from .heads import OUTPUTS, STRIDE, Heads
from .sessions import WEIGHTS, Session

NAME = "movenet_thunder.onnx"
SIDE = 256
CELLS = SIDE // STRIDE
# The network's own: cells that are added to the distance that a score is divided by.
SOFTENING = 1.8
# So much wider than the person a crop is.
WIDER = 1.2


class Thunder:
    """Find the keypoints of each crop.

    Args:
        path: The network; empty: that of this package.
        flip: Look at each crop a second time, mirrored, and take the mean by score.
    """

    def __init__(
        self, path: str = "", *, flip: bool = False, device: str = "cpu", threads: int = 0
    ) -> None:
        self._session = Session(path or WEIGHTS / NAME, device, threads)
        self._session.require(OUTPUTS, "a keypoint network of MoveNet's kind")
        self._flip = flip
        self._mirrored = list(SKELETONS["coco17"].mirrored)
        cells = np.arange(CELLS) - CELLS / 2
        self._central = 1 / (np.hypot(cells[:, None], cells) + SOFTENING)

    def __call__(self, picture: np.ndarray, boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Keypoints (17, 3) in pixels of RGB uint8 (H, W, 3), one array a box (4,)."""
        crops = [Crop.shaped(box, WIDER) for box in boxes]
        if not crops:
            return []
        seen = np.stack([crop.cut(picture, (SIDE, SIDE)) for crop in crops])
        found = self._keypoints(seen)
        if self._flip:
            mirrored = self._keypoints(np.ascontiguousarray(seen[:, :, ::-1]))
            found = _mean(found, _unmirrored(mirrored)[:, self._mirrored])
        return [
            crop.to_picture(keypoints, (SIDE, SIDE)).astype(np.float32)
            for crop, keypoints in zip(crops, found, strict=True)
        ]

    def _keypoints(self, crops: np.ndarray) -> np.ndarray:
        """(N, 17, 3) in pixels of the crops (N, 256, 256, 3)."""
        outputs = self._session(crops)
        return np.stack([self._decoded(Heads.of(outputs, row)) for row in range(len(crops))])

    def _decoded(self, heads: Heads) -> np.ndarray:
        row, column = np.unravel_index((heads.center * self._central).argmax(), (CELLS, CELLS))
        distances = np.sqrt(heads.squared_distances(heads.regressed(int(row), int(column))))
        return heads.keypoints(heads.heatmap / (distances + SOFTENING))


def _unmirrored(keypoints: np.ndarray) -> np.ndarray:
    keypoints = keypoints.copy()
    keypoints[..., 0] = SIDE - 1 - keypoints[..., 0]
    return keypoints


def _mean(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Places by their scores; the mean of the scores."""
    weights = np.stack([one[..., 2:], other[..., 2:]])
    places = np.stack([one[..., :2], other[..., :2]])
    shares = weights / np.maximum(weights.sum(axis=0), 1e-6)
    return np.concatenate([(places * shares).sum(axis=0), weights.mean(axis=0)], axis=-1)
