"""Between pictures as programs keep them and the arrays that engines work on.

Pictures are RGB everywhere in this project; OpenCV's BGR is met in ``picture_files`` alone.
"""

import cv2
import numpy as np

Colour = tuple[int, int, int]


def as_rgb(image: np.ndarray) -> np.ndarray:
    """Turn grey, RGB or RGBA of 8 or 16 bits or of floats in 0..1 into uint8 RGB (H, W, 3).

    An alpha channel is dropped. A contiguous uint8 RGB picture is returned as it is, not copied.

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
        image = to_uint8(np.nan_to_num(image.astype(np.float32, copy=False)))
    elif image.dtype != np.uint8:
        raise ValueError(f"pictures of {image.dtype} are not supported; use uint8, uint16 or float")
    if image.shape[2] == 1:
        return np.repeat(image, 3, axis=2)
    return np.ascontiguousarray(image[..., :3])


def as_alpha(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Turn a matte or mask of any usual kind into float32 (height, width) in 0..1.

    Of three channels their mean is taken, of four the last. White is 255 or 65535 in whole
    numbers, 1 in floats, True in masks.

    Raises:
        ValueError: The array is no picture of 1, 3 or 4 channels.
    """
    alpha = _unit(image)
    if alpha.ndim == 3 and alpha.shape[2] in (1, 3, 4):
        alpha = alpha.mean(axis=2) if alpha.shape[2] == 3 else alpha[..., -1]
    if alpha.ndim != 2:
        raise ValueError(f"a matte has 1, 3 or 4 channels; this array is {image.shape}")
    if alpha.shape != (height, width):
        shrinks = alpha.shape[0] > height
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        alpha = cv2.resize(alpha, (width, height), interpolation=how)
    return np.clip(alpha, 0, 1, dtype=np.float32)


def _unit(values: np.ndarray) -> np.ndarray:
    """Whole numbers by their type's greatest value, booleans and floats as they are, to float32."""
    if values.dtype == bool or np.issubdtype(values.dtype, np.floating):
        return np.nan_to_num(values.astype(np.float32))
    if values.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pictures of {values.dtype} are not supported; use uint8, uint16, float")
    return values.astype(np.float32) / np.iinfo(values.dtype).max


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Round values in 0..1 to 0..255."""
    return cv2.convertScaleAbs(np.clip(values, 0, 1), alpha=255).reshape(values.shape)


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize ``picture`` (H, W, 3); what shrinks is averaged, what grows interpolated."""
    is_smaller = width * height < picture.shape[0] * picture.shape[1]
    method = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=method)


def size_within(shape: tuple[int, ...], long_side: int, least: int = 1) -> tuple[int, int]:
    """Width and height of a picture (H, W, ...) brought to a longest side; none is enlarged.

    Neither falls below ``least`` pixels.
    """
    height, width = shape[:2]
    scale = min(1.0, long_side / max(height, width))
    return max(least, round(width * scale)), max(least, round(height * scale))


def plain(colour: Colour, height: int, width: int) -> np.ndarray:
    """A picture of one colour, uint8 RGB (height, width, 3)."""
    # A line at a time: numpy fills what is 3 bytes long 20 times as slowly.
    line = np.full((width, 3), colour, np.uint8)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = line
    return picture


def blend(foreground: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Lay ``foreground`` over ``behind`` (uint8 RGB, resized if need be) by ``alpha`` (H, W)."""
    height, width = alpha.shape
    if behind.shape[:2] != (height, width):
        behind = resized(behind, width, height)
    held = box_of(alpha > 0)
    share = np.ascontiguousarray(alpha[held])
    blended = behind.copy()
    if share.size:
        blended[held] = cv2.blendLinear(foreground[held], behind[held], share, 1 - share)
    return blended


def cut_out(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """``foreground`` uint8 RGB where ``alpha`` (H, W) is above 0, with it as uint8: (H, W, 4)."""
    picture = np.zeros((*alpha.shape, 4), np.uint8)
    is_visible = alpha > 0
    held = box_of(is_visible)
    if picture[held].size:
        mask = is_visible[held].view(np.uint8)
        part = cv2.cvtColor(cv2.copyTo(foreground[held], mask), cv2.COLOR_RGB2RGBA)
        cv2.mixChannels([to_uint8(alpha[held])], [part], [0, 3])
        picture[held] = part
    return picture


def box_of(mask: np.ndarray, margin: int = 0) -> tuple[slice, slice]:
    """The rows and columns that hold all of ``mask`` bool (H, W); empty slices where it is empty.

    Example:
        >>> mask = np.zeros((9, 9), bool)
        >>> mask[3, 4:6] = True
        >>> box_of(mask)
        (slice(3, 4, None), slice(4, 6, None))
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return slice(0, 0), slice(0, 0)
    bottom, right = top + height + margin, left + width + margin
    return slice(max(0, top - margin), bottom), slice(max(0, left - margin), right)


def parse_colour(text: str) -> Colour:
    """``R,G,B`` as three whole numbers from 0 to 255; ValueError where it is something else."""
    parts = text.split(",")
    if len(parts) != 3 or not all(p.strip().isdecimal() and int(p) <= 255 for p in parts):
        raise ValueError(f"{text!r} is not R,G,B with three numbers from 0 to 255")
    red, green, blue = (int(part) for part in parts)
    return red, green, blue
