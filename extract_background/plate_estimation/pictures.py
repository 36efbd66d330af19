"""Bring the pictures that workflows carry to uint8 RGB."""

from __future__ import annotations

import numpy as np


def as_rgb(image: np.ndarray) -> np.ndarray:
    """Turn grey, RGB or RGBA of 8 or 16 bits into uint8 RGB (H, W, 3); alpha is dropped.

    Raises:
        ValueError: The array is no such picture.
    """
    if image.dtype == np.uint16:
        image = np.rint(image / np.float32(257)).astype(np.uint8)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(f"a frame is uint8 or uint16, not {image.dtype} of shape {image.shape}")
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] == 1:
        return np.repeat(image, 3, axis=2)
    return np.ascontiguousarray(image[..., :3])
