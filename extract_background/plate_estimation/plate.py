"""What a plate is made of, how it is made, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from ..extract_background_kit.pictures import resized
from .moving import MovingPlate, PlateView

# From which share of the background on that looks unlike a plate it does not fit. Measured with
# mattes: up to 0.001 before a fixed camera, 0.02 with 1 pixel of jitter and 0.13 with 3, 0.04 with
# leaves, from 0.075 with a camera that moves. Without mattes people are in it: 0.08 to 0.16 before
# a fixed camera, 0.5 in a tracking shot.
MOST_UNLIKE, MOST_UNLIKE_BARE = 0.07, 0.3

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
Registering = Literal["off", "auto", "on"]
NEEDS_MATTES = ("robust", "weighted_median", "alpha_mean", "masked_mean")


def most_unlike(has_mattes: bool) -> float:
    """From which ``unlike_share`` on a plate does not fit."""
    return MOST_UNLIKE if has_mattes else MOST_UNLIKE_BARE


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
        registration: Whether frames are brought onto one of them by a homography of the
            background's features first, for a camera that moves: ``auto`` does it where a plate of
            the frames as they are does not fit them and one of registered frames does, with
            mattes only.
    """

    method: str = "auto"
    gain_alignment: bool = True
    fill_holes: bool = True
    polish: bool = True
    truncate: bool = False
    dilation: int = 20
    registration: str = "off"

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
        report: method, frames used, share of holes, gain drift, how well the plate fits each
            frame, warnings; plain JSON values.
        moving: Of a camera that moves, the plate on a canvas; the other pictures are then what
            lies behind the frame that all others were brought onto.
    """

    background: np.ndarray
    coverage: np.ndarray
    holes: np.ndarray
    report: dict[str, Any] = field(default_factory=dict)
    moving: MovingPlate | None = None

    @staticmethod
    def of_picture(background: np.ndarray, size: tuple[int, int]) -> Plate:
        """A plate that is known: uint8 RGB of any size, of a video of ``size`` (H, W)."""
        height, width = size
        if background.shape[:2] != size:
            background = resized(background, width, height)
        return Plate(background, np.ones(size, np.float32), np.zeros(size, bool))

    @property
    def fits(self) -> bool:
        """Whether what counts as background in the frames looks like the plate."""
        share = self.report.get("unlike_share", 0.0)
        return share <= most_unlike(self.report.get("mattes_used", 0) > 0)

    def behind(
        self, index: int, frame: np.ndarray, matte: np.ndarray | None = None
    ) -> PlateView | None:
        """What lies behind frame ``index`` of the video that the plate was made of.

        Of a fixed camera that is the plate itself, always the same array.

        Args:
            index: From 0.
            frame: uint8 RGB (H, W, 3).
            matte: Where people are, uint8 (H, W) or float32 in 0..1; None: nowhere.

        Returns:
            None where the camera moves and the frame cannot be registered.
        """
        if self.moving is not None:
            return self.moving.behind(index, frame, matte)
        return PlateView(self.background, self.coverage)
