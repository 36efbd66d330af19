"""What Robust Video Matting says of one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Matte:
    """``alpha`` float32 (H, W) in 0..1 and ``foreground`` uint8 RGB (H, W, 3)."""

    alpha: np.ndarray
    foreground: np.ndarray
