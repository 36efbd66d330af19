"""The one form in which 2D keypoints of several views go on, whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Detections:
    """2D keypoints of several views, frame by frame.

    Attributes:
        keypoints2d: float64 (V, F, P, J, 3): x and y in pixels, confidence; P people at most,
            NaN where there is nothing. The order of people means nothing from frame to frame.
        skeleton: Name of the keypoints' convention, ``auto`` where the file does not tell.
        views: V names, in the order of the cameras.
        timestamps: (F,), whole numbers of frames or, from AIST++, milliseconds.
        fps: Frames a second, or None where the file does not tell.
        sizes: Width and height of each view's picture, or None.
        scores: (V, F, P) score of each detection, NaN where there is none.
        warnings: What was odd about the files, each naming the file.
    """

    keypoints2d: np.ndarray
    skeleton: str
    views: tuple[str, ...]
    timestamps: np.ndarray
    fps: float | None = None
    sizes: tuple[tuple[int, int] | None, ...] = ()
    scores: np.ndarray | None = None
    warnings: tuple[str, ...] = field(default_factory=tuple)
