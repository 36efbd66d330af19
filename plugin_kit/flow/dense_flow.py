"""Dense optical flow between two pictures: where each pixel of the first lies in the second."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np

# OpenCV's type stubs ask for an array; without one it allocates its own.
NO_FIRST_GUESS: Any = None


class DenseFlow(Protocol):
    """Flow from ``first`` to ``second``, both uint8 RGB (H, W, 3), as float32 (H, W, 2)."""

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray: ...


class DisFlow:
    """OpenCV's dense inverse search: no weights, tens of milliseconds on one core.

    Args:
        long_side: Flow is computed at this size at most, and brought to the picture's.
    """

    def __init__(self, long_side: int = 640) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._long_side = long_side

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        height, width = first.shape[:2]
        size = fitted_size(height, width, self._long_side)
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
        flow = self._dis.calc(downscaled(grey[0], size), downscaled(grey[1], size), NO_FIRST_GUESS)
        return upscaled_flow(flow, height, width)


def fitted_size(height: int, width: int, long_side: int) -> tuple[int, int]:
    """(width, height) with the long side at most ``long_side``."""
    ratio = min(1.0, long_side / max(height, width))
    return max(1, round(width * ratio)), max(1, round(height * ratio))


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
