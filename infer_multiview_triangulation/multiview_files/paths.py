"""Names of files: their natural order, the frame number in them, and writing them in one go."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MAX_DIGITS = 19
# A number glued to a letter belongs to a word, as in "000012_pose2d.json".
FRAME_NUMBER = re.compile(r"(\d+)(?![\dA-Za-z])")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sorting key by which cam2 comes before cam10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def natural_sorted(paths: Iterable[Path]) -> list[Path]:
    """The paths in natural order of their names."""
    return sorted(paths, key=lambda path: natural_key(path.name))


def frame_number(stem: str) -> int | None:
    """The last number in a file name without its extension; None where there is none."""
    numbers = FRAME_NUMBER.findall(stem) or re.findall(r"\d+", stem)
    # A number that no integer type holds counts no frames.
    return int(numbers[-1]) if numbers and len(numbers[-1].lstrip("0")) < MAX_DIGITS else None


def existing(path: str | Path) -> Path:
    """The path, if something is there.

    Raises:
        FileNotFoundError: Nothing is there.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {path}: check the path")
    return path


def load_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: It is not JSON, whatever the reason; the message names the file.
    """
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid JSON ({error}): export it again") from error


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path to write to; it takes the place of ``path`` at the end, or vanishes on an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The extension stays, since some writers choose their format by it.
    beside = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
