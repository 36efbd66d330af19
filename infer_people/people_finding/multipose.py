"""MoveNet MultiPose: who is in a picture, and roughly how they stand."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from .crops import resized
from .detection import SAME_PERSON, Detection, distinct, overlap, within
from .heads import JOINTS, OUTPUTS, STRIDE, Heads
from .sessions import WEIGHTS, Session

NAME = "movenet_multipose.onnx"
# Sides that the network halves five times.
MULTIPLE = 32
PEAK_CELLS = 5
# So many times the people that are wanted, the strongest, are read at all.
PEAKS = 3
# Inputs up to this long side show everybody whole; what a new person's box may share with another.
LARGE, ELSEWHERE = 512, 0.5
# The network's own: of the map's shorter side, in the exponent; keypoints with less count not.
SPREAD, KEYPOINT_SCORE = 0.3, 0.127
# Cells around a keypoint of somebody else's.
TAKEN = 3
# Centres of this part of the least score count where so many keypoints are seen; so many at most.
WEAK, SHOWN, MOST_WEAK = 1 / 6, 3, 3


class MultiPose:
    """Find people.

    Args:
        path: The network; empty: that of this package.
        input_size: Long side of what it sees, pixels.
        center_score: Least score of a person's centre; a sixth of it where keypoints are seen.
    """

    def __init__(
        self,
        path: str = "",
        *,
        input_size: int = 512,
        center_score: float = 0.12,
        device: str = "cpu",
        threads: int = 0,
    ) -> None:
        self._session = Session(path or WEIGHTS / NAME, device, threads)
        wanted = OUTPUTS | {"box_scale", "box_offset"}
        self._session.require(wanted, "a detector of MoveNet MultiPose's kind")
        self._size, self._least = input_size, center_score

    def __call__(self, picture: np.ndarray, most: int) -> list[Detection]:
        """At most ``most`` people of RGB uint8 (H, W, 3), by falling score.

        Large people fall to pieces in a large input. So a smaller one is looked at first, and the
        large one adds who stands elsewhere.
        """
        if self._size <= LARGE:
            return self._seen(picture, self._size, most)
        found = self._seen(picture, LARGE, most)
        smaller = [
            one
            for one in self._seen(picture, self._size, most)
            if all(overlap(one.box, other.box) < ELSEWHERE for other in found)
        ]
        return distinct([*found, *smaller])[:most]

    def _seen(self, picture: np.ndarray, size: int, most: int) -> list[Detection]:
        height, width = picture.shape[:2]
        small, scale = shrunk(picture, size)
        found = [
            within(_scaled(one, 1 / scale), height, width)
            for one in decoded(self._session(small[None]), self._least, most)
        ]
        return distinct(found)


def shrunk(picture: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture with its long side at ``size``, black below and right of it to fill 32s.

    Returns:
        uint8 (h, w, 3), and its scale (x, y).
    """
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    inner_height, inner_width = (max(1, round(side * scale)) for side in (height, width))
    outer = [-(-side // MULTIPLE) * MULTIPLE for side in (inner_height, inner_width)]
    small = np.zeros((*outer, 3), np.uint8)
    inner = resized(picture, (inner_height, inner_width))
    small[:inner_height, :inner_width] = inner
    return small, np.array([inner_width / width, inner_height / height])


def decoded(outputs: dict[str, np.ndarray], least: float, most: int) -> list[Detection]:
    """The people that the network sees, in pixels of its input, by falling score of the centre."""
    heads = Heads.of(outputs)
    center = heads.center
    weakest = least * WEAK
    peaks = center >= cv2.dilate(center, np.ones((PEAK_CELLS, PEAK_CELLS), np.uint8))
    cells = np.argwhere(peaks & (center > weakest))
    order = np.argsort([-center[row, column] for row, column in cells])[: PEAKS * most]
    people = [_person(heads, outputs, *cells[i]) for i in order]
    sure = [one for one in people if one.score > least]
    sure = _apart(heads, outputs, sure, [tuple(cells[i]) for i in order[: len(sure)]])
    weak = [one for one in people[len(sure) :] if (one.keypoints[:, 2] > 0).sum() >= SHOWN]
    weak = sorted(weak, key=lambda one: -one.keypoint_score)[:MOST_WEAK]
    return [*sure, *weak][:most]


def _apart(
    heads: Heads,
    outputs: dict[str, np.ndarray],
    people: list[Detection],
    cells: list[tuple[int, int]],
) -> list[Detection]:
    """With no keypoint of one person at another's, whose regression comes nearer to it.

    Of two where one hides a part of the other, both else take what is plainest: the face of who
    stands behind for instance, where the one in front turns their back.
    """
    expected = [heads.regressed(*cell) * STRIDE - 0.5 for cell in cells]
    apart = list(people)
    for i, one in enumerate(people):
        taken = np.full((JOINTS, 2), np.nan)
        for j, other in enumerate(people):
            sizes = min(one.size, other.size)
            between = np.linalg.norm(expected[i] - expected[j], axis=1)
            if i == j or between.mean() < SAME_PERSON * sizes:
                continue
            gaps = np.linalg.norm((one.keypoints - other.keypoints)[:, :2], axis=1)
            ways = [
                np.linalg.norm(person.keypoints[:, 1::-1] - place, axis=1)
                for person, place in ((one, expected[i]), (other, expected[j]))
            ]
            both = (one.keypoints[:, 2] > 0) & (other.keypoints[:, 2] > 0)
            lost = both & (gaps < TAKEN * STRIDE) & (ways[0] > ways[1])
            taken[lost] = (other.keypoints[lost, 1::-1] + 0.5) / STRIDE
        if not np.isnan(taken).all():
            apart[i] = _person(heads, outputs, *cells[i], taken=taken)
    return apart


def _person(
    heads: Heads,
    outputs: dict[str, np.ndarray],
    row: int,
    column: int,
    *,
    taken: np.ndarray | None = None,
) -> Detection:
    """Who is centred on a cell; ``taken`` (17, 2), y and x in cells, are others' keypoints."""
    size = np.maximum(outputs["box_scale"][0, :, row, column], 0)
    middle = outputs["box_offset"][0, :, row, column] + (row, column)
    cells = np.concatenate([middle - size / 2, middle + size / 2])
    # The box's own cells alone: maps are large, and many peaks are looked at.
    top, left = (max(0, int(np.ceil(v))) for v in cells[:2])
    part = heads.part(slice(top, int(np.ceil(cells[2]))), slice(left, int(np.ceil(cells[3]))))
    keypoints = np.zeros((JOINTS, 3))
    if part.center.size:
        spread = SPREAD * min(heads.center.shape)
        distances = part.squared_distances(heads.regressed(row, column) - (top, left))
        weighted = part.heatmap * np.exp(distances / -spread)
        if taken is not None:
            lost = ~np.isnan(taken[:, 0])
            near = part.squared_distances(np.nan_to_num(taken) - (top, left)) < TAKEN**2
            weighted[lost] = np.where(near[lost], 0, weighted[lost])
        keypoints = part.keypoints(weighted)
        keypoints[:, :2] += np.array([left, top]) * STRIDE
    keypoints[keypoints[:, 2] <= KEYPOINT_SCORE, 2] = 0
    box = cells[[1, 0, 3, 2]] * STRIDE - 0.5
    score = float(heads.center[row, column])
    return Detection(box, score, keypoints, score)


def _scaled(one: Detection, factor: np.ndarray) -> Detection:
    """Pixel centres of the input to those of the picture."""
    keypoints = one.keypoints.copy()
    keypoints[:, :2] = (keypoints[:, :2] + 0.5) * factor - 0.5
    box = (one.box.reshape(2, 2) + 0.5) * factor - 0.5
    return replace(one, box=box.ravel().astype(np.float32), keypoints=keypoints.astype(np.float32))
