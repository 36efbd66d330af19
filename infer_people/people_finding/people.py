"""Who is in one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..infer_people_kit.keypoints.skeletons import SKELETONS


@dataclass(frozen=True)
class FramePeople:
    """P people of one frame (H, W), J keypoints of ``skeleton`` each.

    Attributes:
        skeleton: coco17 or body25.
        boxes: float32 (P, 4): x0, y0, x1, y1 in pixels; the centre of the first pixel is (0, 0).
        scores: float32 (P,), 0 to 1.
        identities: int64 (P,), from 0; a person keeps it through a video.
        keypoints: float32 (P, J, 3): x, y in pixels and a score from 0 to 1; 0 is unknown, and x, y
            are 0 then.
        masks: uint8 (P, H, W), the alpha of each, or None where none was asked for.
    """

    skeleton: str
    boxes: np.ndarray
    scores: np.ndarray
    identities: np.ndarray
    keypoints: np.ndarray
    masks: np.ndarray | None

    @staticmethod
    def nobody(skeleton: str, size: tuple[int, int] | None) -> FramePeople:
        """An empty frame; ``size`` (H, W) where there are masks."""
        return FramePeople(
            skeleton,
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.int64),
            np.zeros((0, len(SKELETONS[skeleton].joints), 3), np.float32),
            np.zeros((0, *size), np.uint8) if size else None,
        )

    def __len__(self) -> int:
        return len(self.scores)

    def mask(self) -> np.ndarray:
        """uint8 (H, W): the alpha of all of them together.

        Raises:
            ValueError: There are no masks.
        """
        if self.masks is None:
            raise ValueError("these people have no masks: set masks to True")
        return together(self.masks)

    def taken(self, rows: Sequence[int] | np.ndarray) -> FramePeople:
        """Some of the people, by row, in this order."""
        chosen = np.asarray(rows, np.int64)
        return FramePeople(
            self.skeleton,
            self.boxes[chosen],
            self.scores[chosen],
            self.identities[chosen],
            self.keypoints[chosen],
            None if self.masks is None else self.masks[chosen],
        )


def together(masks: np.ndarray) -> np.ndarray:
    """The alpha of all masks, uint8 (P, H, W), as one, (H, W).

    Where two people meet, each has a part of a pixel.
    """
    total = np.zeros(masks.shape[1:], np.uint8)
    for mask in masks:
        cv2.add(total, mask, dst=total)
    return total
