"""Bring a neighbour's picture to this frame along the flow, and say how far to trust it."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

# Errors at which trust falls to 1/e: pixels between there and back, grey levels of brightness.
ROUND_TRIP_SCALE = 1.0
BRIGHTNESS_SCALE = 12.0


@lru_cache(maxsize=2)
def _grid(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """What ``image`` (H, W) or (H, W, C) shows at the points to which ``flow`` leads.

    ``flow`` float32 (H, W, 2) goes from the wanted frame to the frame of ``image``. Points outside
    take the nearest border pixel.
    """
    points = _grid(*flow.shape[:2]) + flow
    return cv2.remap(image, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def round_trip_error(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Distance in pixels (H, W) between a point and where ``there`` and then ``back`` lead it."""
    gap = there + warp(back, there)
    return cv2.magnitude(gap[..., 0], gap[..., 1])


def brightness_error(image: np.ndarray, warped: np.ndarray) -> np.ndarray:
    """Absolute difference of two uint8 grey pictures as float32 (H, W)."""
    return cv2.absdiff(image, warped).astype(np.float32)


def trust(round_trip: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """1 where flow and brightness agree, falling to 0 as either errs, float32 (H, W)."""
    far, bright = round_trip / ROUND_TRIP_SCALE, brightness / BRIGHTNESS_SCALE
    return cv2.exp(-(far * far) - bright * bright)
