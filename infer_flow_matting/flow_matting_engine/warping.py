"""Pictures brought along a flow, and how far that is to be trusted."""

from functools import lru_cache

import cv2
import numpy as np

# Errors at which confidence falls to 1/e: pixels between forward and backward flow, grey levels.
CONSISTENCY_SCALE = 1.0
PHOTOMETRIC_SCALE = 12.0
# cv2.remap takes points in one array or in two.
NO_SECOND_MAP = np.empty(0, np.float32)


@lru_cache(maxsize=2)
def grid(height: int, width: int) -> np.ndarray:
    """Each pixel's own place x, y, float32 (H, W, 2)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """What ``image`` (H, W) or (H, W, C) shows at the points to which ``flow`` leads.

    ``flow`` float32 (H, W, 2) goes from the wanted frame to the frame of ``image``. Points outside
    take the nearest border pixel.
    """
    return remapped(image, grid(*flow.shape[:2]) + flow)


def remapped(image: np.ndarray, points: np.ndarray, y: np.ndarray = NO_SECOND_MAP) -> np.ndarray:
    """What ``image`` shows between its pixels.

    Args:
        image: (H, W) or (H, W, C).
        points: x and y of each point, float32 (h, w, 2), or x alone, (h, w).
        y: Then the points' y, float32 (h, w).
    """
    return cv2.remap(image, points, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def forward_backward_error(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Distance in pixels (H, W) between a point and where ``forward`` and ``backward`` lead it."""
    gap = forward + warp(backward, forward)
    return cv2.magnitude(gap[..., 0], gap[..., 1])


def photometric_error(image: np.ndarray, warped: np.ndarray) -> np.ndarray:
    """Absolute difference of two uint8 grey pictures as float32 (H, W)."""
    return cv2.absdiff(image, warped).astype(np.float32)


def flow_confidence(consistency: np.ndarray, photometric: np.ndarray) -> np.ndarray:
    """1 where both errors are 0, falling to 0 as either grows, float32 (H, W)."""
    distance, difference = consistency / CONSISTENCY_SCALE, photometric / PHOTOMETRIC_SCALE
    return cv2.exp(-(distance * distance) - difference * difference)


def median_of_three(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The middle one of three values, pixel by pixel."""
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
