"""The shape of pixels in Matroska files, which PyAV has no word for.

FFmpeg takes it from a field of the stream that PyAV cannot set. So a name of the track keeps the
room, inside the same element, that the display size needs.
"""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

logger = logging.getLogger(__name__)

PLACEHOLDER = "placeholder"
# The name's identifier and length, of three bytes, and its text are as long as both sizes.
NAME = b"\x53\x6e" + bytes([0x80 + len(PLACEHOLDER)]) + PLACEHOLDER.encode()
DISPLAY_WIDTH, DISPLAY_HEIGHT = b"\x54\xb0\x84", b"\x54\xba\x84"
VIDEO = b"\xe0"
# FFmpeg says that the unit is unknown; ours is the pixel.
UNKNOWN_UNIT, PIXELS = b"\x54\xb2\x81\x04", b"\x54\xb2\x81\x00"
# Checksums would not hold any more.
OPTIONS = {"write_crc32": "0"}
HEADER_BYTES = 65_536


def replace_placeholder(path: Path, width: int, height: int, pixel_aspect: Fraction) -> None:
    """Put the display size in the place of the track's name, :data:`PLACEHOLDER`.

    Args:
        path: Written with :data:`OPTIONS`.
        width, height: Of the pictures in pixels.
        pixel_aspect: Width over height of one pixel.
    """
    shape = pixel_aspect * width / height
    times = max(1, round(height / shape.denominator))
    sizes = (
        DISPLAY_WIDTH
        + (shape.numerator * times).to_bytes(4, "big")
        + DISPLAY_HEIGHT
        + (shape.denominator * times).to_bytes(4, "big")
    )
    with path.open("r+b") as file:
        header = file.read(HEADER_BYTES)
        begins = header.find(NAME)
        if begins < 0:
            logger.warning("%s does not say that its pixels are no squares", path)
            return
        at = begins + len(NAME)
        while header[at : at + 1] != VIDEO:
            content = at + _length_of_number(header[at])
            at = content + _length_of_number(header[content]) + _number(header, content)
        size = at + 1
        bytes_of_size = _length_of_number(header[size])
        longer = _number(header, size) + len(sizes)
        marked = longer | 1 << 7 * bytes_of_size
        rest = header[size + bytes_of_size :].replace(UNKNOWN_UNIT, PIXELS, 1)
        file.seek(begins)
        file.write(header[begins + len(NAME) : size] + marked.to_bytes(bytes_of_size, "big"))
        file.write(sizes + rest)


def _length_of_number(first: int) -> int:
    """How many bytes an identifier or a size has, by its first byte."""
    return 9 - first.bit_length()


def _number(header: bytes, at: int) -> int:
    length = _length_of_number(header[at])
    return int.from_bytes(header[at : at + length], "big") & ((1 << 7 * length) - 1)
