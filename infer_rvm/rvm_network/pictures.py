"""Between pictures as programs keep them and arrays as the network wants them."""

from __future__ import annotations

import cv2
import numpy as np


def as_rgb(image: np.ndarray) -> np.ndarray:
    """Turn grey, RGB or RGBA of 8 or 16 bits or of floats in 0..1 into uint8 RGB (H, W, 3).

    An alpha channel is dropped. A uint8 RGB picture is returned as it is, not copied.

    Raises:
        ValueError: The array is no picture of 1, 3 or 4 channels.
    """
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4):
        raise ValueError(f"a picture has 1, 3 or 4 channels; this array is {image.shape}")
    if image.dtype == np.uint16:
        image = np.rint(image / np.float32(257)).astype(np.uint8)
    elif np.issubdtype(image.dtype, np.floating):
        image = to_uint8(image)
    elif image.dtype != np.uint8:
        raise ValueError(f"pictures of {image.dtype} are not supported; use uint8, uint16 or float")
    if image.shape[2] == 1:
        return np.repeat(image, 3, axis=2)
    return image if image.shape[2] == 3 else np.ascontiguousarray(image[..., :3])


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Round values in 0..1 to 0..255."""
    return cv2.convertScaleAbs(np.clip(values, 0, 1), alpha=255).reshape(values.shape)


def blend(foreground: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Lay ``foreground`` over ``behind`` (uint8 RGB, resized if need be) by ``alpha`` (H, W)."""
    height, width = alpha.shape
    if behind.shape[:2] != (height, width):
        is_smaller = width * height < behind.shape[0] * behind.shape[1]
        method = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        behind = cv2.resize(behind, (width, height), interpolation=method)
    return cv2.blendLinear(foreground, behind, alpha, 1 - alpha)
