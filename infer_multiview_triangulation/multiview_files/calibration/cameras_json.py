"""AIST++'s cameras: a JSON list of name, size, matrix, distortions, rotation, translation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...infer_multiview_triangulation_kit.files import load_json, write_text
from ...multiview_geometry.camera import Camera
from .fields import (
    camera_values,
    from_mapping,
)


def read_json(path: Path) -> list[Camera]:
    """The cameras in the file's order.

    Raises:
        ValueError: It is no such list, or a camera's values are missing or not usable.
    """
    return from_list(path, load_json(path))


def from_list(source: str | Path, content: Any) -> list[Camera]:
    """The same of parsed JSON, whatever messages call it.

    Raises:
        ValueError: As :func:`read_json`.
    """
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ValueError(
            f"{source} is not AIST++'s list of cameras (name, size, matrix, distortions, rotation, "
            "translation): convert it"
        )
    return [
        from_mapping(source, str(entry.get("name", f"cam_{number}")), entry)
        for number, entry in enumerate(content)
    ]


def write_cameras_json(path: str | Path, cameras: Sequence[Camera]) -> None:
    """Write cameras in AIST++'s form; the file appears whole or not at all."""
    write_text(path, json.dumps([camera_values(camera) for camera in cameras], indent=1) + "\n")
