"""What background matting says of one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Matte:
    """``alpha`` and ``error`` float32 (H, W) in 0..1, ``foreground`` uint8 RGB (H, W, 3)."""

    alpha: np.ndarray
    foreground: np.ndarray
    error: np.ndarray
