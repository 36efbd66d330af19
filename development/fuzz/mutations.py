"""Damage files: by bytes, whatever they are, and by structure, where their form is known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from development.fuzz import arrays, containers, texts, trees

Rng = np.random.Generator

# What formats begin with, and what is told of sizes, counts and places.
MAGIC = (
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x93NUMPY",
    b"\x80\x04",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"\x89HDF\r\n\x1a\n",
    b"\x1f\x8b",
    b"RIFF",
    b"<?xml",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"version https://git-lfs.github.com/spec/v1\n",
)
NUMBERS = (
    b"\xff" * 4,
    b"\xff" * 8,
    b"\x7f" + b"\xff" * 3,
    b"\xff" * 3 + b"\x7f",
    b"\x00" * 4,
    b"\x00" * 16,
    b"\x00\x00\x00\x80",
    b"\x01\x00",
    b"\x00\x00\xc0\x7f",
    b"\x00\x00\x80\x7f",
    b"\x00\x00\x00\x00\x00\x00\xf8\x7f",
    b"\x00\x00\x00\x00\x00\x00\xf0\x7f",
    b"\x00\x7e",
    b"\x00\x7c",
)
# Most of what readers decide by stands at the ends of a file.
HEAD, TAIL = 1500, 1500


def damage(path: Path, others: list[Path], rng: Rng) -> str:
    """Damage the file or folder ``path``, and say how.

    Args:
        path: A copy of a good input.
        others: Good inputs of the same reader, in other forms.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        chosen = files[rng.integers(len(files))]
        if rng.random() < 0.15:
            return _damage_folder(chosen, files[rng.integers(len(files))], rng)
        return f"{chosen.relative_to(path)}: {damage(chosen, others, rng)}"
    ways = [_damage_bytes] * 2 + _structural(path) * 3
    way = ways[rng.integers(len(ways))]
    if rng.random() < 0.04:
        return _exchange(path, others, rng)
    content, how = way(path.read_bytes(), rng)
    path.write_bytes(content)
    return how


Way = Callable[[bytes, Rng], tuple[bytes, str]]


def _structural(path: Path) -> list[Way]:
    for suffixes, ways in STRUCTURAL.items():
        if path.suffix.lower() in suffixes:
            return list(ways)
    return []


STRUCTURAL: dict[tuple[str, ...], tuple[Way, ...]] = {
    (".json",): (trees.damage_json, texts.damage_text),
    (".pkl", ".pickle"): (trees.damage_pickle, trees.make_pickle),
    (".toml", ".yml", ".xml", ".csv", ".trc", ".txt"): (texts.damage_text,),
    (".npz",): (arrays.damage_npz,),
    (".npy",): (arrays.damage_npy,),
    (".pth",): (arrays.damage_checkpoint,),
    (".png", ".jpg", ".bmp", ".tif", ".tiff", ".webp"): (containers.damage_picture,),
    (".mp4", ".mov"): (containers.damage_boxes,),
}


def _damage_folder(file: Path, other: Path, rng: Rng) -> str:
    kind = rng.choice(["missing", "empty", "folder", "copy", "hidden", "renamed"])
    if kind == "missing":
        file.unlink()
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind == "copy":
        file.write_bytes(other.read_bytes())
    elif kind == "hidden":
        shutil.copy(file, file.with_name(f"._{file.name}"))
        file.with_name(f"._{file.name}").write_bytes(b"\x00\x05\x16\x07")
    else:
        file.rename(file.with_name(f"é 1e5 {file.name}"))
    return f"{file.name}: {kind}"


def _exchange(path: Path, others: list[Path], rng: Rng) -> str:
    """The content of another form under this one's name."""
    files = [file for file in others if file.is_file()] or [path]
    chosen = files[rng.integers(len(files))]
    path.write_bytes(chosen.read_bytes())
    return f"content of {chosen.name}"


def _place(size: int, rng: Rng) -> int:
    low, high = ((0, min(HEAD, size)), (max(0, size - TAIL), size), (0, size))[rng.choice(3)]
    return int(rng.integers(low, max(high, low + 1)))


def _damage_bytes(content: bytes, rng: Rng) -> tuple[bytes, str]:
    data, done = bytearray(content), []
    for _ in range(int(rng.choice([1, 1, 2, 4]))):
        place, other = _place(len(data), rng), _place(len(data), rng)
        length = int(2 ** rng.uniform(0, 10))
        kind = str(rng.choice(BYTE_WAYS))
        done.append(f"{kind} at {place}")
        block = bytes(data[place : place + length])
        if kind == "flip" and data:
            data[min(place, len(data) - 1)] ^= 1 << int(rng.integers(8))
        elif kind == "byte" and data:
            data[min(place, len(data) - 1)] = int(rng.integers(256))
        elif kind == "cut":
            del data[place:]
        elif kind == "remove":
            del data[place : place + length]
        elif kind == "insert":
            data[place:place] = rng.bytes(length)
        elif kind == "repeat":
            data[place:place] = block * int(rng.integers(1, 50))
        elif kind == "swap":
            data[place : place + length], data[other : other + length] = (
                data[other : other + length],
                block,
            )
        elif kind == "number":
            number = NUMBERS[rng.integers(len(NUMBERS))]
            data[place : place + len(number)] = number
        elif kind == "magic":
            magic = MAGIC[rng.integers(len(MAGIC))]
            data[: len(magic)] = magic
        elif kind == "all":
            whole = (b"", b"\x00" * len(data), rng.bytes(len(data)), bytes(data[:1]), b"\n" * 99)
            data = bytearray(whole[rng.integers(len(whole))])
    return bytes(data), ", ".join(done)


BYTE_WAYS = (
    *("flip", "byte", "cut", "remove", "insert", "repeat", "swap", "number") * 3,
    "magic",
    "all",
)
