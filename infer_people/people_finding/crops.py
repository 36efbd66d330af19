"""Parts of a picture for networks of a fixed input: whole pixels, black beyond the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# Sides of crops are multiples of it where they can be, so that they can be halved.
EVEN = 4


@dataclass(frozen=True)
class Crop:
    """The pixels from (left, top) on, ``width`` by ``height``; it may reach beyond the picture."""

    left: int
    top: int
    width: int
    height: int

    @staticmethod
    def shaped(box: np.ndarray, wider: float, aspect: float = 1.0) -> Crop:
        """Around a box (x0, y0, x1, y1) times ``wider``, with width / height as ``aspect``."""
        width, height = (box[2:] - box[:2]).tolist()
        height = max(height, width / aspect) * wider
        sides = max(1, round(height * aspect)), max(1, round(height))
        middle = (box[:2] + box[2:]) / 2
        # Half a pixel: the first one reaches from -0.5 to 0.5.
        left, top = (
            round(float(m) + 0.5 - side / 2) for m, side in zip(middle, sides, strict=True)
        )
        return Crop(left, top, *sides)

    @staticmethod
    def around(box: np.ndarray, margin: float, height: int, width: int) -> Crop:
        """A box and ``margin`` pixels on each side, within the picture; at least one pixel."""
        left, top = (max(0, int(np.floor(v - margin))) for v in box[:2])
        right, bottom = (int(np.ceil(v + margin)) + 1 for v in box[2:])
        left, top = min(left, width - 1), min(top, height - 1)
        right, bottom = min(width, max(right, left + 1)), min(height, max(bottom, top + 1))
        (left, right), (top, bottom) = _evened(left, right, width), _evened(top, bottom, height)
        return Crop(left, top, right - left, bottom - top)

    @staticmethod
    def holding(box: np.ndarray, sides: tuple[float, float]) -> Crop:
        """At least ``sides`` (height, width) around the middle of a box (x0, y0, x1, y1)."""
        height, width = (max(1, -(-side // EVEN)) * EVEN for side in sides)
        x, y = ((box[:2] + box[2:]) / 2).tolist()
        left, top = round(x + 0.5 - width / 2), round(y + 0.5 - height / 2)
        return Crop(left, top, int(width), int(height))

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, of a crop within the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def cut(self, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The pixels of (H, W, 3) at ``size`` (h, w); the mean of all where it is smaller."""
        rows, columns = picture.shape[:2]
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(rows, self.top + self.height), min(columns, self.left + self.width)
        inside = picture[top : max(bottom, top), left : max(right, left)]
        if inside.shape[:2] != (self.height, self.width):
            whole = np.zeros((self.height, self.width, *picture.shape[2:]), picture.dtype)
            y, x = top - self.top, left - self.left
            if inside.size:
                whole[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
            inside = whole
        return resized(inside, size)

    def to_picture(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Points (…, 2+), x, y first, of the crop at ``size`` (h, w), as points of the picture."""
        moved = points.copy()
        scale = np.array([self.width / size[1], self.height / size[0]], points.dtype)
        moved[..., :2] = (points[..., :2] + 0.5) * scale - 0.5 + (self.left, self.top)
        return moved


def resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 (H, W, 3) at ``size`` (h, w), where each pixel is a mean of all that it covers.

    Means of 2 by 2 pixels cost a tenth of those of other areas, and where what is left to do is
    less than halving, linear interpolation leaves no pixel out.
    """
    # OpenCV takes no views of a picture that is turned.
    if pixels.strides[0] < 0 or pixels.strides[1:] != (3, 1):
        pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    while height % 2 == 0 == width % 2 and height >= 2 * size[0] and width >= 2 * size[1]:
        height, width = height // 2, width // 2
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    if max(height / size[0], width / size[1]) < 2:
        return cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)


def _evened(start: int, stop: int, most: int) -> tuple[int, int]:
    """Widened to a multiple of ``EVEN`` where 0 to ``most`` leaves room for it."""
    missing = -(stop - start) % EVEN
    after = min(missing, most - stop)
    before = min(missing - after, start)
    return start - before, stop + after
