"""What an optimisation over the sequence gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SequenceEstimate:
    """Points of a sequence, in the cameras' world and unit.

    Attributes:
        points: (F, J, 3), NaN where unknown.
        sigma: (F, J) standard errors, NaN where unknown.
    """

    points: np.ndarray
    sigma: np.ndarray

    @classmethod
    def without_errors(cls, points: np.ndarray) -> SequenceEstimate:
        """Points whose standard errors are not known."""
        return cls(points, np.full(points.shape[:2], np.nan))
