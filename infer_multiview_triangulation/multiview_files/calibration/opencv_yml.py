"""OpenCV's YAML files as EasyMocap names their entries: intri.yml and extri.yml.

The small parser reads only what these files have: it needs no OpenCV, and takes files that
OpenCV's own reader refuses for want of a header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...infer_multiview_triangulation_kit.files import write_text
from ...multiview_geometry import Camera
from .fields import make_camera

ENTRY = re.compile(
    r"^([^\s:#%][^:\n]*?)[ \t]*:[ \t]*(.*(?:\n(?:[ \t]+.*|-.*|[ \t]*))*)", re.MULTILINE
)
# What OpenCV takes for a part of a key.
KEY = re.compile(r"[\w-]+", re.ASCII)
MATRIX_ROWS = re.compile(r"^\s+rows\s*:\s*(\d+)", re.MULTILINE)
MATRIX_COLUMNS = re.compile(r"^\s+cols\s*:\s*(\d+)", re.MULTILINE)
MATRIX_DATA = re.compile(r"data\s*:\s*\[([^\]]*)\]", re.DOTALL)


def read_yml(path: Path) -> list[Camera]:
    """The cameras in the order of ``names``, from the file given and the one that belongs to it.

    ``H_name`` and ``W_name`` give the picture's size; ``R_name`` (vector) precedes ``Rot_name``.

    Raises:
        FileNotFoundError: The other file of intri.yml and extri.yml is not beside it.
        ValueError: An entry is missing or not usable.
    """
    entries = _parse(path)
    one, other = ("intri", "extri") if "intri" in path.name else ("extri", "intri")
    partner = path.with_name(path.name.replace(one, other))
    if partner != path and partner.is_file():
        entries = _parse(partner) | entries
    elif partner != path and not {"K_", "T_"} <= {key[:2] for key in entries}:
        raise FileNotFoundError(f"{partner} is not there: {path} alone is half a calibration")
    names = entries.get("names")
    if not isinstance(names, list):
        raise ValueError(f"{path} has no list of names: add one, or give another calibration")
    return [_camera(path, name, entries) for name in names]


def write_cameras_yml(folder: str | Path, cameras: Sequence[Camera]) -> None:
    """Write intri.yml and extri.yml, as EasyMocap and EasyVolcap read them; each appears whole.

    Raises:
        ValueError: A camera's name cannot be a key of these files.
    """
    for camera in cameras:
        if not KEY.fullmatch(camera.name):
            raise ValueError(
                f"camera {camera.name!r} cannot be named in intri.yml: use letters, digits, - and _"
            )
    names = "names:\n" + "".join(f'  - "{camera.name}"\n' for camera in cameras)
    intrinsics, extrinsics = (f"%YAML:1.0\n---\n{names}" for _ in range(2))
    for camera in cameras:
        name, sizes = camera.name, zip("WH", camera.size or (), strict=False)
        intrinsics += _matrix_text(f"K_{name}", camera.matrix)
        intrinsics += _matrix_text(f"dist_{name}", camera.distortions[None])
        intrinsics += "".join(f"{key}_{name}: {float(length)}\n" for key, length in sizes)
        extrinsics += _matrix_text(f"R_{name}", camera.rotation[:, None])
        extrinsics += _matrix_text(f"Rot_{name}", camera.rotation_matrix)
        extrinsics += _matrix_text(f"T_{name}", camera.translation[:, None])
    write_text(Path(folder) / "intri.yml", intrinsics)
    write_text(Path(folder) / "extri.yml", extrinsics)


def _matrix_text(key: str, matrix: np.ndarray) -> str:
    rows, columns = matrix.shape
    # OpenCV takes a number without a point for an integer.
    data = ", ".join(repr(float(value)) for value in matrix.ravel())
    head = f"{key}: !!opencv-matrix\n  rows: {rows}\n  cols: {columns}\n  dt: d\n"
    return f"{head}  data: [ {data} ]\n"


def _camera(path: Path, name: str, entries: dict[str, Any]) -> Camera:
    rotation = next((key for key in (f"R_{name}", f"Rot_{name}") if key in entries), f"Rot_{name}")
    for key in (f"K_{name}", rotation, f"T_{name}"):
        if key not in entries:
            raise ValueError(
                f"neither {path} nor the file beside it has {key}: calibrate this camera"
            )
    size = entries.get(f"W_{name}"), entries.get(f"H_{name}")
    known = all(isinstance(length, float) and length > 0 for length in size)
    return make_camera(
        path,
        name,
        size=size if known else None,
        matrix=entries[f"K_{name}"],
        distortions=entries.get(f"dist_{name}", entries.get(f"D_{name}", ())),
        rotation=entries[rotation],
        translation=entries[f"T_{name}"],
    )


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
    found = [pattern.search(body) for pattern in (MATRIX_ROWS, MATRIX_COLUMNS, MATRIX_DATA)]
    try:
        if None in found:
            raise ValueError("its rows, cols or data are missing")
        rows, columns, data = (match[1] for match in found if match)
        numbers = [float(number) for number in data.split(",")]
        return np.array(numbers).reshape(int(rows), int(columns))
    except ValueError as error:
        raise ValueError(
            f"{key} of {path} is not a whole matrix ({error}): export it again"
        ) from error
