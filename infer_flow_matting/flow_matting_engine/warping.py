"""Pictures brought along a flow, and how far that is to be trusted."""

from functools import lru_cache

import cv2
import numpy as np

# Errors at which confidence falls to 1/e: pixels between forward and backward flow, levels of a
# channel.
CONSISTENCY_SCALE = 1.0
PHOTOMETRIC_SCALE = 12.0
MEAN_OF_CHANNELS = np.full((1, 3), 1 / 3, np.float32)
# Of the windows over which a share is evened out, in pixels at the flow's size: two of them reach
# as far as the patches that the faster flow matches as one, 8 pixels at a quarter of that size.
WINDOW = 17
# A step this small has no say in the mean.
LEAST_STEP = 1e-4
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
    """How far two pictures' colours are apart, root mean square of the channels, float32 (H, W).

    Skin before a wall may be as bright as that: the colours tell them apart.

    Args:
        image, warped: uint8 (H, W, 3).
    """
    difference = cv2.absdiff(image, warped).astype(np.float32)
    return cv2.sqrt(cv2.transform(difference * difference, MEAN_OF_CHANNELS))


def flow_confidence(consistency: np.ndarray, photometric: np.ndarray) -> np.ndarray:
    """1 where both errors are 0, falling to 0 as either grows, float32 (H, W)."""
    distance, difference = consistency / CONSISTENCY_SCALE, photometric / PHOTOMETRIC_SCALE
    return cv2.exp(-(distance * distance) - difference * difference)


def median_of_three(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The middle one of three values, pixel by pixel."""
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def even_share(share: np.ndarray, step: np.ndarray) -> np.ndarray:
    """One share for what changes together: its mean nearby, weighted by what it would change.

    Trust follows the flow's patches. Where a matte is lost for a frame, as a whole, a share that
    jumps from patch to patch would bring it back in stripes and blocks. What does not change has
    no say: the still background's trust is none in a hand that moves before it.

    Args:
        share: float32 (h, w) in 0..1.
        step: What a share of 1 would add to the matte, float32 (h, w).

    Returns:
        float32 (h, w) in 0..1.
    """
    weight = np.abs(step) + np.float32(LEAST_STEP)
    return np.minimum(1, _mean_nearby(share * weight) / _mean_nearby(weight))


def _mean_nearby(values: np.ndarray) -> np.ndarray:
    once = cv2.blur(values, (WINDOW, WINDOW))
    return cv2.blur(once, (WINDOW, WINDOW))
