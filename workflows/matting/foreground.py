"""The person's own colours: the one place where the chain takes them from."""

from __future__ import annotations

import cv2
import numpy as np

SURE = 0.95
LEAST_WEIGHT = 1e-3


def foreground_of(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours uint8 RGB (H, W, 3) that make ``image`` anew where they are blended by ``alpha``.

    Inside of the person they are the picture's, outside the edge's colour goes on.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in 0..1.
    """
    sure = np.clip((alpha - SURE) / (1 - SURE), 0, 1)[..., None]
    extended = _extended(image.astype(np.float32), sure)
    return np.rint(sure * image + (1 - sure) * extended).astype(np.uint8)


def _extended(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Colours where ``weight`` (h, w, 1) is, carried on to where it is not, by halving."""
    height, width = image.shape[:2]
    if min(height, width) < 2:
        return image
    half = (-(-width // 2), -(-height // 2))
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)[..., None]
    small = cv2.resize(image * weight, half, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, LEAST_WEIGHT)
    known = np.minimum(1, small_weight / 0.25)
    filled = known * small + (1 - known) * _extended(small, known)
    larger = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return weight * image + (1 - weight) * larger
