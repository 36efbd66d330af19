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
    rows = np.ascontiguousarray(image).reshape(height, 3 * width)
    sums = np.empty(3 * width, np.uint16)
    _convert(rows, weights, luma, differences[0], differences[1], sums)
    return planes


def _fixed_point(standard: int) -> np.ndarray:
    """Weights of R, G, B and what is added, int32 (3, 4): of luma, and of four pixels' colours.

    All sums of products stay below 2^27.
    """
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
    return np.column_stack([weights, added]).astype(np.int32)


@compiled()
def _convert(
    image: np.ndarray,
    weights: np.ndarray,
    luma: np.ndarray,
    blue: np.ndarray,
    red: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Fill ``luma`` uint8 (H, W), ``blue`` and ``red`` uint8 (H / 2, W / 2).

    Args:
        image: uint8 (H, 3 W), the three colours beside one another.
        weights: int32, of :func:`_fixed_point`.
        sums: uint16 (3 W), to work in.
    """
    # Each sum is cut to 32 bits, to which numba would give 64: half as many in a vector.
    cut = np.int32
    y0, y1, y2, y3 = weights[0, 0], weights[0, 1], weights[0, 2], weights[0, 3]
    b0, b1, b2, b3 = weights[1, 0], weights[1, 1], weights[1, 2], weights[1, 3]
    r0, r1, r2, r3 = weights[2, 0], weights[2, 1], weights[2, 2], weights[2, 3]
    bits, more = cut(FRACTION_BITS), cut(FRACTION_BITS + 2)
    for y in range(luma.shape[0]):
        row, line = image[y], luma[y]
        for x in range(luma.shape[1]):
            r, g, b = cut(row[3 * x]), cut(row[3 * x + 1]), cut(row[3 * x + 2])
            line[x] = np.uint8(cut(cut(y0 * r) + cut(y1 * g) + cut(y2 * b) + y3) >> bits)
    for y in range(blue.shape[0]):
        upper, lower = image[2 * y], image[2 * y + 1]
        for x in range(len(sums)):
            sums[x] = np.uint16(upper[x]) + np.uint16(lower[x])
        # What each pixel adds is its right neighbour's; every second result is used.
        for x in range(len(sums) - 3):
            sums[x] = sums[x] + sums[x + 3]
        of_blue, of_red = blue[y], red[y]
        for x in range(blue.shape[1]):
            r, g, b = cut(sums[6 * x]), cut(sums[6 * x + 1]), cut(sums[6 * x + 2])
            of_blue[x] = np.uint8(cut(cut(b0 * r) + cut(b1 * g) + cut(b2 * b) + b3) >> more)
            of_red[x] = np.uint8(cut(cut(r0 * r) + cut(r1 * g) + cut(r2 * b) + r3) >> more)
