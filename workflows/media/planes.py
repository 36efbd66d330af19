"""RGB as the planes that video encoders take, in limited range, with a colour for four pixels."""

from __future__ import annotations

import numpy as np

from plugin_kit.compiled import compiled

# Shares of red and blue in the luma, of BT.709 and BT.601.
LUMA_SHARES = {709: (0.2126, 0.0722), 601: (0.299, 0.114)}
FRACTION_BITS = 16


def yuv420_planes(image: np.ndarray, standard: int) -> np.ndarray:
    """The planes of a picture below one another, as PyAV's ``yuv420p``, uint8 (3 H / 2, W).

    Every level is the nearest one; a colour difference is the mean of its four pixels, in the
    middle of which libswscale and OpenCV too take it to lie. That is nearer to the picture than
    libswscale's conversion, whose filter is wider, in less than half of its time.

    Args:
        image: uint8 RGB (H, W, 3), H and W even.
        standard: 709 or 601, the matrix's.

    Raises:
        ValueError: A side is odd.
    """
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        raise ValueError(f"yuv420p needs even sides; this picture is {width}x{height}")
    planes = np.empty((height * 3 // 2, width), np.uint8)
    differences = planes[height:].reshape(2, height // 2, width // 2)
    luma = planes[:height]
    weights = _fixed_point(standard)
    _convert(np.ascontiguousarray(image), weights, luma, differences[0], differences[1])
    return planes


def _fixed_point(standard: int) -> np.ndarray:
    """Weights of R, G, B and what is added, int64 (3, 4): of luma, and of four pixels' colours."""
    red, blue = LUMA_SHARES[standard]
    luma = np.array([red, 1 - red - blue, blue])
    rows = [
        luma * 219,
        (np.array([0, 0, 1]) - luma) / (2 * (1 - blue)) * 224,
        (np.array([1, 0, 0]) - luma) / (2 * (1 - red)) * 224,
    ]
    one = 1 << FRACTION_BITS
    weights = np.rint(np.array(rows) / 255 * one)
    added = [16 * one + one / 2, 4 * 128 * one + 2 * one, 4 * 128 * one + 2 * one]
    return np.column_stack([weights, added]).astype(np.int64)


@compiled(nogil=True)
def _convert(
    image: np.ndarray, weights: np.ndarray, luma: np.ndarray, blue: np.ndarray, red: np.ndarray
) -> None:
    """Fill ``luma`` uint8 (H, W), ``blue`` and ``red`` uint8 (H / 2, W / 2)."""
    height, width = luma.shape
    y0, y1, y2, y3 = weights[0]
    b0, b1, b2, b3 = weights[1]
    r0, r1, r2, r3 = weights[2]
    for y in range(height):
        row, line = image[y], luma[y]
        for x in range(width):
            mixed = y0 * row[x, 0] + y1 * row[x, 1] + y2 * row[x, 2] + y3
            line[x] = np.uint8(mixed >> FRACTION_BITS)
    for y in range(height // 2):
        upper, lower = image[2 * y], image[2 * y + 1]
        for x in range(width // 2):
            left, right = 2 * x, 2 * x + 1
            r = np.int64(upper[left, 0]) + upper[right, 0] + lower[left, 0] + lower[right, 0]
            g = np.int64(upper[left, 1]) + upper[right, 1] + lower[left, 1] + lower[right, 1]
            b = np.int64(upper[left, 2]) + upper[right, 2] + lower[left, 2] + lower[right, 2]
            blue[y, x] = np.uint8((b0 * r + b1 * g + b2 * b + b3) >> (FRACTION_BITS + 2))
            red[y, x] = np.uint8((r0 * r + r1 * g + r2 * b + r3) >> (FRACTION_BITS + 2))
