"""Pixels that no frame shows: filled from what is around them."""

from __future__ import annotations

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within

LONG_SIDE = 960
RADIUS = 5


def fill_holes(background: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Inpaint ``holes`` at a size that keeps the time bounded; other pixels stay.

    Args:
        background: uint8 (H, W, 3).
        holes: bool (H, W).
    """
    height, width = holes.shape
    size = size_within(holes.shape, LONG_SIDE)
    wide = cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8))
    touched = cv2.resize(wide.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA)
    inpainted = cv2.inpaint(small, touched.astype(np.uint8), RADIUS, cv2.INPAINT_NS)
    large = cv2.resize(inpainted, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(holes[..., None], large, background)
