"""A window of a picture to the network's square input, and its logits back to the window.

The longer side of the window fills the square, corner pixel on corner pixel; what the shorter
side leaves is black on both sides. Nothing is distorted.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from .persons import Window

BAND_PIXELS = 2**18


def crop_input(image: np.ndarray, window: Window, size: int) -> np.ndarray:
    """Cut uint8 RGB (H, W, 3) to uint8 BGR (size, size, 3)."""
    cut = np.ascontiguousarray(image[window.slices][..., ::-1])
    scale, (shift_x, shift_y) = _placement(window, size)
    placed = np.array([[scale, 0, shift_x], [0, scale, shift_y]], np.float64)
    return cv2.warpAffine(cut, placed, (size, size), flags=cv2.INTER_LINEAR)


def restore_bands(
    logits: Tensor, window: Window, size: int, pixels: int = BAND_PIXELS
) -> Iterator[tuple[Window, Tensor]]:
    """Bring (C, h, w) of a crop back to the window: bands of about ``pixels``, from the top.

    Equals a bilinear resize (corners aligned) to ``size``, then a bilinear inverse warp. Both
    act on rows and columns separately, so that two small matrices do it, exactly. Bands keep
    the memory bounded: all classes of a whole 4K picture would take 700 MB.

    Yields:
        The band's place in the picture, and its logits (C, rows, window's width).
    """
    scale, (shift_x, shift_y) = _placement(window, size)
    rows = _positions(window.height, scale, shift_y, size)
    columns = _positions(window.width, scale, shift_x, size)
    down = (_sampling(rows, size) @ _resizing(logits.shape[1], size)).to(logits)
    across = (_sampling(columns, size) @ _resizing(logits.shape[2], size)).to(logits)
    wide = logits @ across.T
    step = max(1, pixels // window.width)
    for start in range(0, window.height, step):
        part = down[start : start + step]
        top = window.top + start
        yield Window(window.left, top, window.right, top + len(part)), part @ wide


def _placement(window: Window, size: int) -> tuple[float, tuple[float, float]]:
    """Scale and shifts (x, y) from a pixel of the window to one of the square."""
    longest = max(window.width - 1, window.height - 1, 1)
    scale = (size - 1) / longest
    centre = (size - 1) / 2
    return scale, (
        centre - scale * (window.width - 1) / 2,
        centre - scale * (window.height - 1) / 2,
    )


def _positions(count: int, scale: float, shift: float, size: int) -> Tensor:
    """Where each of ``count`` pixels of the window lies in the square, float64 (count,)."""
    return (torch.arange(count, dtype=torch.float64) * scale + shift).clamp(0, size - 1)


def _resizing(source: int, target: int) -> Tensor:
    """The matrix (target, source) of a linear resize with aligned corners."""
    return _sampling(torch.linspace(0, source - 1, target, dtype=torch.float64), source)


def _sampling(positions: Tensor, count: int) -> Tensor:
    """The matrix (len(positions), count) of linear interpolation at ``positions``, float64."""
    below = positions.floor().long().clamp(0, max(count - 2, 0))
    part = (positions - below)[:, None]
    matrix = torch.zeros(len(positions), count, dtype=torch.float64)
    matrix.scatter_(1, below[:, None], 1 - part)
    # A single sample has no upper neighbour, and needs none.
    if count > 1:
        matrix.scatter_(1, below[:, None] + 1, part)
    return matrix
