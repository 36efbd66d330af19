"""Write files so that a reader never sees half of one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def write_atomically(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a file beside `path`, then put it in its place.

    Args:
        path: Where the file ends up; its folder is made if needed.
        write: Fills the path that it is given; if it raises, `path` stays as it was.

    Returns:
        `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays, since some writers choose the format by it.
    beside = path.with_name(f".{path.stem}-{uuid4().hex[:8]}{path.suffix}")
    try:
        write(beside)
        os.replace(beside, path)  # noqa: PTH105
    finally:
        beside.unlink(missing_ok=True)
    return path
