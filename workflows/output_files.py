"""Files that appear under their name only when they are complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np


def prepare_folder(folder: Path) -> None:
    """Make ``folder`` where it does not exist.

    Raises:
        OSError: It cannot be made, or not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(f"the output folder {folder} cannot be written: {error}") from error


def write_picture(path: Path, image: np.ndarray) -> None:
    """Write uint8 grey (H, W) or RGB (H, W, 3) as PNG."""
    swapped = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, encoded = cv2.imencode(".png", swapped)
    if not done:
        raise RuntimeError(f"{path} could not be encoded as PNG")
    _write_whole(path, lambda part: part.write_bytes(encoded.tobytes()))


def write_text(path: Path, text: str) -> None:
    _write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
