"""The median of a matte and its neighbours' along the flow, found only where the three differ.

Inside of people all are 1 and outside all are 0, so that a small copy tells where there is
anything to do: along the edges, a few pixels in a hundred.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .warping import even_share, median_of_three, remapped, warp

# What is nearer to 0 or 1 is that. A pixel of a small copy is the mean of several.
SAME = np.float32(1e-4)
# In pixels at the flow's size: around where the mattes differ, and of the parts worked on.
MARGIN, PART = 4, 16


@dataclass(frozen=True)
class Neighbour:
    """A neighbouring frame, as it is seen from another.

    Attributes:
        alpha, small: Its matte, float32 (H, W), and that at the flow's size, (h, w).
        flow: From the other to it, float32 (h, w, 2).
        confidence: How far that is trusted, float32 (h, w) in 0..1.
    """

    alpha: np.ndarray
    small: np.ndarray
    flow: np.ndarray
    confidence: np.ndarray


def median_along_flow(
    earlier: Neighbour,
    own: np.ndarray,
    later: Neighbour,
    *,
    own_small: np.ndarray,
    share: np.ndarray,
) -> np.ndarray:
    """``own`` (H, W) brought to the median of the three, float32 (H, W).

    By ``share`` (h, w), which is evened out over what changes together.
    """
    height, width = own.shape
    small_height, small_width = share.shape
    before, after = (warp(each.small, each.flow) for each in (earlier, later))
    small = [before, own_small, after]
    differs = (np.max(small, axis=0) > SAME) & (np.min(small, axis=0) < 1 - SAME)
    share = even_share(share, median_of_three(before, own_small, after) - own_small)
    around = cv2.dilate(differs.view(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8))
    scale = (width / small_width, height / small_height)
    ways = [
        (each.alpha, [each.flow[..., axis] * np.float32(scale[axis]) for axis in range(2)])
        for each in (earlier, later)
    ]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    alpha = own.copy()
    for rows, columns in _parts(around):
        top, bottom = (round(edge * scale[1]) for edge in rows)
        left, right = (round(edge * scale[0]) for edge in columns)
        size = (right - left, bottom - top)
        place = np.array(
            [
                [1 / scale[0], 0, (left + 0.5) / scale[0] - 0.5],
                [0, 1 / scale[1], (top + 0.5) / scale[1] - 0.5],
            ]
        )
        brought = []
        for matte, flow in ways:
            along_x, along_y = (_enlarged_part(plane, place, size) for plane in flow)
            along_x += x[left:right]
            along_y += y[top:bottom]
            brought.append(remapped(matte, along_x, along_y))
        mine = alpha[top:bottom, left:right]
        step = median_of_three(brought[0], mine, brought[1]) - mine
        mine += _enlarged_part(share, place, size) * step
    return alpha


def _parts(around: np.ndarray) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Rows and columns (from, to) of parts that hold all of ``around``, (h, w); none overlap."""
    height, width = around.shape
    for top in range(0, height, PART):
        bottom = min(top + PART, height)
        starts = np.arange(0, width, PART)
        is_held = np.add.reduceat(around[top:bottom].any(axis=0), starts) > 0
        edges = np.flatnonzero(np.diff(is_held, prepend=False, append=False))
        for first, beyond in edges.reshape(-1, 2) * PART:
            yield (top, bottom), (int(first), min(int(beyond), width))


def _enlarged_part(picture: np.ndarray, way: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A part of ``picture`` (h, w) or (h, w, C) at the size of the frame, between its pixels."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, way, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
