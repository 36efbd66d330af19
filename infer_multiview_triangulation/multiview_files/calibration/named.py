"""Cameras under AIST++'s keys: its own .json, and the .toml of anipose, Pose2Sim and caliscope."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from ...infer_multiview_triangulation_kit.files import load_json, natural_key, write_text
from ...multiview_geometry import Camera
from .fields import make_camera

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

logger = logging.getLogger(__name__)

# What caliscope writes for a value that it does not know.
NOT_PLACED = "null"


def read_json(path: Path) -> list[Camera]:
    """The cameras of AIST++'s list in the file's order."""
    return from_list(path, load_json(path))


def from_list(source: str | Path, content: Any) -> list[Camera]:
    """The same of parsed JSON, whatever messages call it.

    Raises:
        ValueError: It is no such list, or a camera's values are missing or not usable.
    """
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ValueError(
            f"{source} is not AIST++'s list of cameras (name, size, matrix, distortions, rotation, "
            "translation): convert it"
        )
    return [
        _from_mapping(source, str(entry.get("name", f"cam_{number}")), entry)
        for number, entry in enumerate(content)
    ]


def read_toml(path: Path) -> list[Camera]:
    """The cameras in natural order of their tables' names, so that cam_2 precedes cam_10.

    Tables without a matrix, such as ``metadata`` and caliscope's ``charuco``, are passed over,
    unless they are called cam. caliscope's cameras that are set to be ignored are, too, and those
    that it could not place, with a warning.

    Raises:
        ValueError: It is not TOML, or a camera's values are missing or not usable.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid TOML ({error}): export it again") from error
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    # caliscope's newer files keep the cameras one level down.
    if isinstance(tables.get("cameras"), dict) and "matrix" not in tables["cameras"]:
        tables = {key: v for key, v in tables["cameras"].items() if isinstance(v, dict)}
    cameras = []
    for key in sorted(tables, key=natural_key):
        table = tables[key]
        name = str(table.get("name", key))
        if ("matrix" not in table and not key.startswith("cam")) or table.get("ignore"):
            continue
        if NOT_PLACED in (table.get("rotation"), table.get("translation")):
            logger.warning(
                "camera %s of %s was not placed by its calibration: left out", name, path
            )
            continue
        cameras.append(_from_mapping(path, name, table))
    return cameras


def _from_mapping(source: str | Path, name: str, values: Mapping[str, Any]) -> Camera:
    if values.get("fisheye"):
        raise ValueError(f"camera {name} of {source} is fisheye: calibrate with the pinhole model")
    missing = [key for key in ("matrix", "rotation", "translation") if values.get(key) is None]
    if missing:
        raise ValueError(f"camera {name} of {source} has no {', '.join(missing)}: calibrate it")
    return make_camera(
        source,
        name,
        size=values.get("size"),
        matrix=values["matrix"],
        distortions=values.get("distortions", ()),
        rotation=values["rotation"],
        translation=values["translation"],
    )


def camera_values(camera: Camera) -> dict[str, Any]:
    """A camera as these keys and plain numbers."""
    size = {} if camera.size is None else {"size": [int(length) for length in camera.size]}
    arrays = ("matrix", "distortions", "rotation", "translation")
    return {"name": camera.name, **size, **{key: getattr(camera, key).tolist() for key in arrays}}


def write_cameras_json(path: str | Path, cameras: Sequence[Camera]) -> None:
    """Write cameras in AIST++'s form; the file appears whole or not at all."""
    write_text(path, json.dumps([camera_values(camera) for camera in cameras], indent=1) + "\n")


def write_cameras_toml(path: str | Path, cameras: Sequence[Camera]) -> None:
    """Write cameras in anipose's form; the file appears whole or not at all."""
    content: dict[str, Any] = {
        f"cam_{number}": camera_values(camera) | {"fisheye": False}
        for number, camera in enumerate(cameras)
    }
    content["metadata"] = {"adjusted": False, "error": 0.0}
    write_text(path, tomli_w.dumps(content))
