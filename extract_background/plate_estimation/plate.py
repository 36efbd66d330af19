"""What a plate is made of, how it is made, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

Method = Literal[
    "auto",
    "robust",
    "bootstrap",
    "median",
    "weighted_median",
    "gmm",
    "alpha_mean",
    "masked_mean",
]
NEEDS_MATTES = ("robust", "weighted_median", "alpha_mean", "masked_mean")


@dataclass(frozen=True)
class Sampling:
    """Which frames of a clip are used.

    Attributes:
        max_frames: At most so many, spread evenly; at least 2.
        stride: Take every ``stride``-th frame, or fewer.
        memory_budget_mb: When all that may be kept needs more, it lies in a temporary file.
    """

    max_frames: int = 200
    stride: int = 1
    memory_budget_mb: int = 1024

    def stride_over(self, count: int) -> int:
        """The stride that spreads at most ``max_frames`` over ``count`` frames."""
        return max(self.stride, -(-count // self.max_frames))


@dataclass(frozen=True)
class PlateOptions:
    """How to estimate.

    Attributes:
        method: One of :data:`Method`; auto is robust with mattes and bootstrap without.
        gain_alignment: Even out exposure and white balance between frames first.
        fill_holes: Inpaint pixels that no frame shows.
        polish: After gmm, a Tukey mean around its result; False is the notebook's.
        truncate: alpha_mean cuts decimals as AIST++ does, instead of rounding.
        dilation: Side of masked_mean's box in pixels.
    """

    method: str = "auto"
    gain_alignment: bool = True
    fill_holes: bool = True
    polish: bool = True
    truncate: bool = False
    dilation: int = 20

    def method_for(self, has_mattes: bool) -> str:
        """The method that auto stands for, or the one that was named.

        Raises:
            ValueError: There is no such method, or it needs mattes and there are none.
        """
        if self.method not in get_args(Method):
            raise ValueError(f"method {self.method!r} is not one of {', '.join(get_args(Method))}")
        if self.method == "auto":
            return "robust" if has_mattes else "bootstrap"
        if self.method in NEEDS_MATTES and not has_mattes:
            raise ValueError(
                f"method {self.method} needs mattes; without them use bootstrap, median or gmm"
            )
        return self.method


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
