"""A cheap estimate while frames still come."""

from __future__ import annotations

import numpy as np

from .plate import Plate
from .store import FrameStore


class RunningMean:
    """The mean of what the mattes leave of the frames that a store takes.

    Its plate is not final: people who stay are in it, and where no matte is given, all are.
    """

    def __init__(self) -> None:
        self._total: np.ndarray | None = None
        self._mass: np.ndarray | None = None

    def take(self, store: FrameStore) -> None:
        """Add the frame that ``store`` took last."""
        frame = store.frames[-1].astype(np.float32)
        weight = store.weights[-1].astype(np.float32) * np.float32(1 / 255)
        if self._total is None:
            self._total, self._mass = np.zeros_like(frame), np.zeros_like(weight)
        self._total += frame * weight[..., None]
        self._mass += weight

    def plate(self, store: FrameStore) -> Plate:
        """The mean so far; what no frame showed yet is the last frame."""
        holes = self._mass < np.float32(1 / 255)
        mean = self._total / np.maximum(self._mass, np.float32(1 / 255))[..., None]
        mean[holes] = store.frames[-1][holes]
        report = {
            "method": "running mean (not final)",
            "frames_offered": store.offered,
            "frames_used": store.count,
            "warnings": [],
        }
        background = np.clip(np.rint(mean), 0, 255).astype(np.uint8)
        return Plate(background, self._mass / np.float32(max(1, store.count)), holes, report)
