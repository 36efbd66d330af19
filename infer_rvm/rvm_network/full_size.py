"""From the small picture's filter to the full picture's matte, strip by strip with OpenCV."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

# Large enough that the rows borrowed from the neighbours cost little, and small enough that a
# strip's floats are neither written out to memory nor paged in anew each time.
STRIP_ROWS = 128
# From RGB in 0..255 to their mean in 0..1.
MEAN_OF_CHANNELS = np.full((1, 3), 1 / (3 * 255), np.float32)


@dataclass(frozen=True)
class Matte:
    """``alpha`` float32 (H, W) in 0..1 and ``foreground`` uint8 RGB (H, W, 3)."""

    alpha: np.ndarray
    foreground: np.ndarray


@dataclass(frozen=True)
class Strip:
    """Rows of the full picture and what enlarges to them.

    Attributes:
        rows: The strip's rows of the full picture.
        small: Rows of the small picture, some of them borrowed from the strips beside.
        height: Rows that ``small`` is enlarged to.
        inner: The strip's rows among these.
    """

    rows: slice
    small: slice
    height: int
    inner: slice

    def enlarged(self, values: np.ndarray, width: int) -> np.ndarray:
        """This strip of ``values`` (h, w) or (h, w, C), enlarged bilinearly to ``width``."""
        size = (width, self.height)
        return cv2.resize(values[self.small], size, interpolation=cv2.INTER_LINEAR)[self.inner]


def strips(height: int, small_height: int) -> Iterator[Strip]:
    """Cut the full picture where its rows and the small one's meet, so that strips fit exactly."""
    count = math.gcd(height, small_height)
    full, small = height // count, small_height // count
    if 2 * full > STRIP_ROWS:
        count, full, small = 1, height, small_height
    step = max(1, STRIP_ROWS // full)
    for first in range(0, count, step):
        last = min(first + step, count)
        start, stop = max(first - 1, 0), min(last + 1, count)
        yield Strip(
            rows=slice(first * full, last * full),
            small=slice(start * small, stop * small),
            height=(stop - start) * full,
            inner=slice((first - start) * full, (last - start) * full),
        )


def apply_filter(pixels: np.ndarray, slope: Tensor, offset: Tensor) -> Matte:
    """Enlarge the guided filter's ``slope`` and ``offset`` and apply them to the picture.

    Args:
        pixels: The full picture, float32 RGB in 0..255 (H, W, 3).
        slope, offset: (1, 4, h, w); the channels are the foreground's residual and alpha.
    """
    height, width = pixels.shape[:2]
    # Foreground = source + residual, so the source joins the slope before it is enlarged.
    colours = _picture(slope[0, :3] + 1), _picture(offset[0, :3] * 255)
    alpha = _picture(slope[0, 3:]), _picture(offset[0, 3:])
    matte = Matte(np.empty((height, width), np.float32), np.empty((height, width, 3), np.uint8))
    for strip in strips(height, slope.shape[2]):
        _filter_colours(pixels, strip, *colours, out=matte.foreground)
        _filter_alpha(pixels, strip, *alpha, out=matte.alpha)
    return matte


def apply_alpha_filter(pixels: np.ndarray, slope: Tensor, offset: Tensor) -> np.ndarray:
    """The alpha alone of :func:`apply_filter`, float32 (H, W)."""
    small_slope, small_offset = _picture(slope[0, 3:]), _picture(offset[0, 3:])
    alpha = np.empty(pixels.shape[:2], np.float32)
    for strip in strips(len(pixels), slope.shape[2]):
        _filter_alpha(pixels, strip, small_slope, small_offset, out=alpha)
    return alpha


def _filter_colours(
    pixels: np.ndarray, strip: Strip, slope: np.ndarray, offset: np.ndarray, *, out: np.ndarray
) -> None:
    """Fill the strip of ``out`` uint8 (H, W, 3) by ``slope`` and ``offset``, (h, w, 3)."""
    width = pixels.shape[1]
    colours = strip.enlarged(slope, width)
    cv2.multiply(colours, pixels[strip.rows], dst=colours)
    cv2.add(colours, strip.enlarged(offset, width), dst=out[strip.rows], dtype=cv2.CV_8U)


def _filter_alpha(
    pixels: np.ndarray, strip: Strip, slope: np.ndarray, offset: np.ndarray, *, out: np.ndarray
) -> None:
    """Fill the strip of ``out`` float32 (H, W) by ``slope`` and ``offset``, (h, w, 1)."""
    width = pixels.shape[1]
    alpha = cv2.transform(pixels[strip.rows], MEAN_OF_CHANNELS)
    cv2.multiply(alpha, strip.enlarged(slope, width), dst=alpha)
    cv2.add(alpha, strip.enlarged(offset, width), dst=alpha)
    np.clip(alpha, 0, 1, out=out[strip.rows])


def _picture(planes: Tensor) -> np.ndarray:
    """(C, h, w) to (h, w, C)."""
    return planes.permute(1, 2, 0).contiguous().numpy()
