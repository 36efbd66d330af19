"""A person who was found in a picture, before anything is known of who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# Of a person's size: nearer on the average, two findings are the same person.
SAME_PERSON = 0.1
KNOWN = 0.2
# COCO's joints come first in all that networks find.
BODY, BETTER_HALF = 17, 9


@dataclass(frozen=True)
class Detection:
    """One person, pixels of the picture counted from the centre of the first.

    Attributes:
        box: float32 (4,): x0, y0, x1, y1.
        score: How sure it is that somebody is there, 0 to 1.
        keypoints: float32 (17, 3) or (26, 3): x, y, score from 0 to 1.
        certainty: What the detector said of the person, 0 to 1.
    """

    box: np.ndarray
    score: float
    keypoints: np.ndarray
    certainty: float = 1.0

    @property
    def size(self) -> float:
        """The longer side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1], 1))

    def bounds(self, least: float = KNOWN) -> np.ndarray:
        """The box around its known keypoints and its box, (4,)."""
        known = self.keypoints[self.keypoints[:, 2] >= least, :2]
        corners = np.concatenate([known, self.box.reshape(2, 2)])
        return np.concatenate([corners.min(axis=0), corners.max(axis=0)])

    @property
    def keypoint_score(self) -> float:
        """The mean of the better half of its scores: of many people only a part is seen."""
        return better_half(self.keypoints)

    def is_same(self, other: Detection) -> bool:
        """Whether the keypoints of both lie on each other."""
        one, two = self.keypoints[:BODY], other.keypoints[:BODY]
        weights = np.minimum(one[:, 2], two[:, 2])
        if not weights.sum():
            return False
        gaps = np.linalg.norm(one[:, :2] - two[:, :2], axis=1)
        apart = (gaps * weights).sum() / weights.sum()
        return bool(apart < SAME_PERSON * min(self.size, other.size))


def better_half(keypoints: np.ndarray) -> float:
    """The mean score of the better half of COCO's joints in keypoints (17 or 26, 3)."""
    return float(np.sort(keypoints[:BODY, 2])[-BETTER_HALF:].mean())


def distinct(found: Sequence[Detection]) -> list[Detection]:
    """By falling score, without those that are another one again."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda one: -one.score):
        if not any(one.is_same(other) for other in kept):
            kept.append(one)
    return kept


def within(one: Detection, height: int, width: int) -> Detection:
    """With its box clipped to the picture."""
    limits = np.array([width - 1, height - 1] * 2, np.float32)
    return replace(one, box=np.clip(one.box, 0, limits).astype(np.float32))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """The shared part of two boxes, of the smaller."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    least = min(np.prod(one[2:] - one[:2]), np.prod(other[2:] - other[:2]))
    return float(np.prod(np.maximum(sides, 0)) / max(least, 1e-6))
