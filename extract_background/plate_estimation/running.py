"""A cheap estimate while frames still come."""

from __future__ import annotations

import cv2
import numpy as np

from .plate import Plate
from .store import FrameStore


class RunningMean:
    """The mean of what the mattes leave of the frames that a store takes.

    Its plate is not final: people who stay are in it, and where no matte is given, all are.
    OpenCV does the sums: in numpy they took a third of the time of a network that makes mattes.
    """

    def __init__(self) -> None:
        self._total = np.zeros((0, 0, 3), np.float32)
        self._mass = np.zeros((0, 0), np.float32)

    def take(self, store: FrameStore) -> None:
        """Add the frame that ``store`` took last."""
        frame, weight = store.frames[-1], np.ascontiguousarray(store.weights[-1])
        if self._total.shape != frame.shape:
            self._total = np.zeros(frame.shape, np.float32)
            self._mass = np.zeros(weight.shape, np.float32)
        cv2.accumulateProduct(frame, cv2.merge([weight] * 3), self._total)
        cv2.accumulate(weight, self._mass)

    def plate(self, store: FrameStore) -> Plate:
        """The mean so far; what no frame showed yet is the last frame."""
        holes = self._mass == 0
        # Where nothing was seen both are 0, and 0 / 1 spares a division by zero.
        mass = np.maximum(self._mass, 1)
        background = cv2.divide(self._total, cv2.merge([mass] * 3), dtype=cv2.CV_8U)
        cv2.copyTo(store.frames[-1], holes.view(np.uint8), background)
        report = {
            "method": "running mean (not final)",
            "frames_offered": store.offered,
            "frames_used": store.count,
            "warnings": [],
        }
        coverage = self._mass * np.float32(1 / (255 * max(1, store.count)))
        return Plate(background, coverage, holes, report)
