"""OpenCV's YAML files as EasyMocap names their entries: intri.yml and extri.yml.

The small parser reads only what these files have: it needs no OpenCV, and takes files that
OpenCV's own reader refuses for want of a header.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ...multiview_geometry.camera import Camera
from .fields import make_camera

ENTRY = re.compile(
    r"^([^\s:#%][^:\n]*?)[ \t]*:[ \t]*(.*(?:\n(?:[ \t]+.*|-.*|[ \t]*))*)", re.MULTILINE
)
MATRIX_FIELD = r"^\s+{}\s*:\s*(\d+)"
MATRIX_DATA = re.compile(r"data\s*:\s*\[([^\]]*)\]", re.DOTALL)


def read_yml(path: Path) -> list[Camera]:
    """The cameras in the order of ``names``, from the file given and the one that belongs to it.

    ``H_name`` and ``W_name`` give the picture's size; ``R_name`` (vector) precedes ``Rot_name``.

    Raises:
        FileNotFoundError: The other file of intri.yml and extri.yml is not beside it.
        ValueError: An entry is missing or not usable.
    """
    entries = _parse(path)
    partner = _partner(path)
    if partner is not None and partner.is_file():
        entries = _parse(partner) | entries
    elif partner is not None and not _is_whole(entries):
        raise FileNotFoundError(f"{partner} is not there: {path} alone is half a calibration")
    names = entries.get("names")
    if not isinstance(names, list):
        raise ValueError(f"{path} has no list of names: add one, or give another calibration")
    return [_camera(path, name, entries) for name in names]


def _partner(path: Path) -> Path | None:
    for one, other in (("intri", "extri"), ("extri", "intri")):
        if one in path.name:
            return path.with_name(path.name.replace(one, other))
    return None


def _is_whole(entries: dict[str, Any]) -> bool:
    return all(any(key.startswith(prefix) for key in entries) for prefix in ("K_", "T_"))


def _camera(path: Path, name: str, entries: dict[str, Any]) -> Camera:
    intrinsics = _required(path, entries, f"K_{name}")
    rotation = entries.get(f"R_{name}")
    if rotation is None:
        rotation = _required(path, entries, f"Rot_{name}")
    width, height = entries.get(f"W_{name}"), entries.get(f"H_{name}")
    known = all(isinstance(length, float) and length > 0 for length in (width, height))
    distortions = entries.get(f"dist_{name}", entries.get(f"D_{name}", ()))
    return make_camera(
        path,
        name,
        size=(width, height) if known else None,
        matrix=intrinsics,
        distortions=distortions,
        rotation=rotation,
        translation=_required(path, entries, f"T_{name}"),
    )


def _required(path: Path, entries: dict[str, Any], key: str) -> Any:
    if key not in entries:
        raise ValueError(f"neither {path} nor the file beside it has {key}: calibrate this camera")
    return entries[key]


def _parse(path: Path) -> dict[str, Any]:
    """Matrices as arrays, lists as lists of text, numbers as floats; the rest as text."""
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n")
    return {key.strip("\"'"): _value(path, key, body) for key, body in ENTRY.findall(text)}


def _value(path: Path, key: str, body: str) -> Any:
    if "opencv-matrix" in body:
        return _matrix(path, key, body)
    body = body.strip()
    if body.startswith("["):
        return [_unquoted(item) for item in body.strip("[]").split(",") if item.strip()]
    if re.match(r"-\s*[\s\"']", body):
        return [_unquoted(line.strip()[1:]) for line in body.split("\n") if line.strip()]
    try:
        return float(body)
    except ValueError:
        return _unquoted(body)


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")


def _matrix(path: Path, key: str, body: str) -> np.ndarray:
    try:
        rows, columns = (
            int(_first_group(re.search(MATRIX_FIELD.format(field), body, re.MULTILINE)))
            for field in ("rows", "cols")
        )
        numbers = _first_group(MATRIX_DATA.search(body)).split(",")
        return np.array([float(number) for number in numbers]).reshape(rows, columns)
    except ValueError as error:
        raise ValueError(f"{key} of {path} is not a whole matrix ({error})") from error


def _first_group(match: re.Match[str] | None) -> str:
    if match is None:
        raise ValueError("its rows, cols or data are missing")
    return match[1]
