"""Damage what pictures and videos tell of themselves: sizes in their heads, boxes of mp4."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

Rng = np.random.Generator

SIDES = (0, 1, 7, 255, 4096, 30_000, 65_535, 100_000, 2**24, 2**31 - 1, 2**32 - 1)
# Boxes of mp4 that hold boxes.
HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf")
WORDS = (0, 1, 2, 1000, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def damage_picture(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Another width or height, depth or kind of colour, in a head that is otherwise right."""
    data, side = bytearray(content), int(rng.choice(SIDES))
    which = int(rng.integers(2))
    if data[:4] == b"\x89PNG":
        if rng.random() < 0.3:
            field, value = int(rng.integers(24, 29)), int(rng.integers(256))
            data[field] = value
            how = f"field {field} to {value}"
        else:
            data[16 + 4 * which : 20 + 4 * which] = struct.pack(">I", side)
            how = f"side {which} of {side}"
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
        return bytes(data), how
    if data[:2] == b"BM":
        signed = -side if rng.random() < 0.3 else side
        data[18 + 4 * which : 22 + 4 * which] = struct.pack("<q", signed)[:4]
        return bytes(data), f"side {which} of {signed}"
    if data[:2] == b"\xff\xd8":
        place = data.find(b"\xff\xc0") + 5 + 2 * which
        data[place : place + 2] = struct.pack(">H", min(side, 65_535))
        return bytes(data), f"side {which} of {min(side, 65_535)}"
    if data[:4] == b"II*\x00":
        return _damage_tiff(data, rng)
    place = int(rng.integers(12, 32))
    data[place : place + 4] = struct.pack("<I", side)
    return bytes(data), f"{side} at {place}"


def _damage_tiff(data: bytearray, rng: Rng) -> tuple[bytes, str]:
    """An entry of the first directory: 12 bytes of tag, type, count and value."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    entry = start + 2 + 12 * int(rng.integers(max(1, count)))
    field = int(rng.choice([2, 4, 8, 8, 8]))
    value = int(rng.choice(SIDES))
    size = 2 if field == 2 else 4
    data[entry + field : entry + field + size] = struct.pack("<I", value)[:size]
    return bytes(data), f"entry {(entry - start) // 12}, field {field} to {value}"


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, bytes]]:
    """Every box of an mp4: its place, size and kind, the inner ones after theirs."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            return
        yield start, size, kind
        if kind in HOLDERS:
            yield from boxes(data, start + 8, start + size)
        start += size


def damage_boxes(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """A box of an mp4 that lacks, stands twice, has another kind or size, or odd numbers."""
    found = list(boxes(content))
    if not found:
        return content, "no boxes"
    place, size, kind = found[rng.integers(len(found))]
    data, inside = bytearray(content), bytes(content[place : place + size])
    way = str(rng.choice(["word", "word", "word", "all", "drop", "twice", "kind", "size"]))
    word = struct.pack(">I", int(rng.choice(WORDS)))
    if way == "word" and size >= 16:
        at = place + 8 + 4 * int(rng.integers((size - 8) // 4))
        data[at : at + 4] = word
    elif way == "all":
        length = (size - 8) // 4 * 4
        data[place + 8 : place + 8 + length] = word * (length // 4)
    elif way == "drop":
        # So that the boxes around it keep their sizes.
        data[place + 4 : place + 8] = b"free"
    elif way == "twice":
        data[place:place] = inside
    elif way == "kind":
        data[place + 4 : place + 8] = found[rng.integers(len(found))][2]
    else:
        data[place : place + 4] = word
    return bytes(data), f"box {kind.decode('latin-1')}: {way} {word.hex()}"
