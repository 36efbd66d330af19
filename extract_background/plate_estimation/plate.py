"""What an estimate consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Plate:
    """An empty background.

    Attributes:
        background: uint8 RGB (H, W, 3).
        coverage: float32 (H, W), the share of the used frames in which the pixel was seen.
        holes: bool (H, W), pixels that no frame shows; inpainted in ``background`` if asked.
        report: method, frames used, share of holes, gain drift, warnings; plain JSON values.
    """

    background: np.ndarray
    coverage: np.ndarray
    holes: np.ndarray
    report: dict[str, Any] = field(default_factory=dict)
