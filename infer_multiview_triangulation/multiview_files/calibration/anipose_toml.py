"""TOML calibrations of anipose, Pose2Sim and caliscope: a table for each camera."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from ...infer_multiview_triangulation_kit.files import natural_key, write_text
from ...multiview_geometry.camera import Camera
from .fields import (
    camera_values,
    from_mapping,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]


def read_toml(path: Path) -> list[Camera]:
    """The cameras in natural order of their tables' names, so that cam_2 precedes cam_10.

    Tables without a matrix, such as ``metadata`` and caliscope's ``charuco``, are passed over,
    unless they are called cam. caliscope's cameras that are set to be ignored are, too.

    Raises:
        ValueError: It is not TOML, or a camera's values are missing or not usable.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid TOML ({error}): export it again") from error
    content = _camera_tables(content)
    return [
        from_mapping(path, str(content[key].get("name", key)), content[key])
        for key in sorted(content, key=natural_key)
        if not content[key].get("ignore")
    ]


def _camera_tables(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    # caliscope's newer files keep the cameras one level down.
    if isinstance(tables.get("cameras"), dict) and "matrix" not in tables["cameras"]:
        tables = {key: v for key, v in tables["cameras"].items() if isinstance(v, dict)}
    return {
        key: value for key, value in tables.items() if "matrix" in value or key.startswith("cam")
    }


def write_cameras_toml(path: str | Path, cameras: Sequence[Camera]) -> None:
    """Write cameras in anipose's form; the file appears whole or not at all."""
    content: dict[str, Any] = {
        f"cam_{number}": camera_values(camera) | {"fisheye": False}
        for number, camera in enumerate(cameras)
    }
    content["metadata"] = {"adjusted": False, "error": 0.0}
    write_text(path, tomli_w.dumps(content))
