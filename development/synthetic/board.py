"""A calibration board that somebody waves before the cameras: many corners, seen sharply."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

ROWS, COLUMNS, SQUARE = 4, 6, 6.0
# Turns a second: what a hand does, and how it trembles.
RATES, SWINGS = (0.2, 0.5, 1.1, 4.0), (30.0, 15.0, 5.0, 0.3)


def waved_board(frames: int, fps: float = 30, seed: int = 0) -> np.ndarray:
    """The inner corners (F, 24, 3) of a board in centimetres, y up, about a metre high."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / fps
    grid = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), [0]), -1).reshape(-1, 3)
    corners = SQUARE * (grid - grid.mean(axis=0))

    def waves(size: float) -> np.ndarray:
        phases = rng.uniform(0, 2 * np.pi, (len(RATES), 1, 3))
        each = [
            swing * np.sin(2 * np.pi * rate * time + phase)
            for rate, swing, phase in zip(RATES, SWINGS, phases, strict=True)
        ]
        return size * np.sum(each, axis=0)

    place = np.array([0.0, 100, 0]) + waves(1.0)
    turns = Rotation.from_euler("xyz", waves(1.0), degrees=True).as_matrix()
    return place[:, None] + corners @ turns.transpose(0, 2, 1)
