"""Between pictures as programs keep them and arrays as the engine wants them."""

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
    if image.dtype != np.uint8:
        image = to_uint8(_unit(image))
    if image.shape[2] == 1:
        return np.repeat(image, 3, axis=2)
    return image if image.shape[2] == 3 else np.ascontiguousarray(image[..., :3])


def as_matte(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Turn a matte or mask of any usual kind into float32 (height, width) in 0..1.

    Of three channels their mean is taken, of four the last. White is 255 or 65535 in whole
    numbers, 1 in floats, True in masks.

    Raises:
        ValueError: The array is no picture of 1, 3 or 4 channels.
    """
    matte = _unit(image)
    if matte.ndim == 3 and matte.shape[2] in (1, 3, 4):
        matte = matte.mean(axis=2) if matte.shape[2] == 3 else matte[..., -1]
    if matte.ndim != 2:
        raise ValueError(f"a matte has 1, 3 or 4 channels; this array is {image.shape}")
    if matte.shape != (height, width):
        shrinks = matte.shape[0] > height
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        matte = cv2.resize(matte, (width, height), interpolation=how)
    return np.clip(matte, 0, 1, dtype=np.float32)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Round values in 0..1 to 0..255."""
    return cv2.convertScaleAbs(np.clip(values, 0, 1), alpha=255).reshape(values.shape)


def composited(frame: np.ndarray, alpha: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """``frame`` over a plain colour, uint8 RGB (H, W, 3)."""
    behind = np.empty_like(frame)
    behind[:] = colour
    return cv2.blendLinear(frame, behind, alpha, 1 - alpha)


def _unit(values: np.ndarray) -> np.ndarray:
    """Whole numbers by their type's greatest value, booleans and floats as they are, to float32."""
    if values.dtype == bool or np.issubdtype(values.dtype, np.floating):
        return np.nan_to_num(values.astype(np.float32))
    if values.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pictures of {values.dtype} are not supported; use uint8, uint16, float")
    return values.astype(np.float32) / np.iinfo(values.dtype).max
