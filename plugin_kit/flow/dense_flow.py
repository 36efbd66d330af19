"""Dense optical flow by OpenCV: where each pixel of a picture lies in the next."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from ..pictures import size_within

# OpenCV's type stubs ask for an array; without one it allocates its own.
NO_FIRST_GUESS: Any = None


# Flow from a first to a second picture, both uint8 RGB (H, W, 3), as float32 (H, W, 2).
DenseFlow = Callable[[np.ndarray, np.ndarray], np.ndarray]


class DisFlow:
    """OpenCV's dense inverse search: no weights, tens of milliseconds on one core.

    Args:
        long_side: Flow is computed at so many pixels at most, and brought to the picture's size.
        is_fast: Patches are matched at a quarter of that size only, in half of the time. Mattes of
            real people came out as stable with it; it loses what is a few pixels wide.
    """

    def __init__(self, long_side: int = 640, *, is_fast: bool = False) -> None:
        fast, usual = cv2.DISOPTICAL_FLOW_PRESET_FAST, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        self._dis = cv2.DISOpticalFlow.create(fast if is_fast else usual)
        self.long_side = long_side

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        height, width = first.shape[:2]
        size = size_within(first.shape, self.long_side)
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
        flow = self._dis.calc(downscaled(grey[0], size), downscaled(grey[1], size), NO_FIRST_GUESS)
        return upscaled_flow(flow, height, width)


def downscaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``image`` at ``size`` (width, height); the same object where it has that size."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def upscaled_flow(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """``flow`` (h, w, 2) at (height, width), its vectors in the new pixels."""
    h, w = flow.shape[:2]
    if (h, w) == (height, width):
        return flow
    large = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    large *= np.array((width / w, height / h), np.float32)
    return large
