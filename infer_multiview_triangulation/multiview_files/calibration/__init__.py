"""Cameras from and to the calibration files of other tools."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ...infer_multiview_triangulation_kit.files import existing
from ...multiview_geometry import Camera
from ..boundary import told_of
from .colmap import read_colmap
from .named import (
    camera_values,
    from_list,
    read_json,
    read_toml,
    write_cameras_json,
    write_cameras_toml,
)
from .opencv_yml import read_yml, write_cameras_yml
from .qualisys import read_qualisys

__all__ = [
    "camera_values",
    "cameras_of",
    "read_cameras",
    "write_cameras_json",
    "write_cameras_toml",
    "write_cameras_yml",
]

READERS = {
    ".json": read_json,
    ".toml": read_toml,
    ".yml": read_yml,
    ".yaml": read_yml,
    ".xml": read_qualisys,
}
# Marks of byte order, the zeros of UTF-16, and white space.
BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"
FORMS = (
    ".json (AIST++), .toml (anipose, Pose2Sim, caliscope), intri.yml and extri.yml (EasyMocap), "
    ".xml or .qca.txt (Qualisys), or cameras.txt and images.txt (COLMAP)"
)


def read_cameras(path: str | Path) -> list[Camera]:
    """Read calibrated cameras, recognised by the file's name and content.

    A .json list and an EasyMocap ``names`` list keep their order; the cameras of the others are
    put in natural order of their names. Translations keep the file's unit, but Qualisys'
    millimetres become metres, as in Pose2Sim.

    Args:
        path: A file, or the folder of EasyMocap's, of COLMAP's, or of one calibration file.

    Raises:
        FileNotFoundError: The file, or the one that belongs to it, is not there.
        ValueError: Unknown form, no camera, two of one name, a fisheye or other unsupported
            model, or values that are missing or not finite.
    """
    path = existing(path)
    with told_of(path, "export the calibration again"):
        return _checked(_read_folder(path) if path.is_dir() else _read_file(path), path)


def cameras_of(content: Any, source: str) -> list[Camera]:
    """Cameras of parsed JSON in AIST++'s form; ``source`` is what messages call it.

    Raises:
        ValueError: As :func:`read_cameras`.
    """
    with told_of(source, "give cameras in AIST++'s form"):
        return _checked(from_list(source, content), source)


def _checked(cameras: list[Camera], source: str | Path) -> list[Camera]:
    if not cameras:
        raise ValueError(f"{source} holds no camera: give {FORMS}")
    name, count = Counter(camera.name for camera in cameras).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{source} has {count} cameras called {name}: give each its own name")
    return cameras


def _read_file(path: Path) -> list[Camera]:
    if path.name in ("cameras.txt", "images.txt"):
        return read_colmap(path.parent)
    suffix = path.suffix.lower()
    if suffix == ".txt" and path.read_bytes()[:400].lstrip(BEFORE_XML)[:1] == b"<":
        return read_qualisys(path)
    if suffix not in READERS:
        raise ValueError(f"{path} is no known calibration: give {FORMS}")
    return READERS[suffix](path)


def _read_folder(folder: Path) -> list[Camera]:
    if (folder / "cameras.txt").is_file():
        return read_colmap(folder)
    for name in ("intri.yml", "extri.yml"):
        if (folder / name).is_file():
            return read_yml(folder / name)
    known = (*READERS, ".qca.txt")
    files = [file for file in folder.iterdir() if file.name.lower().endswith(known)]
    if len(files) != 1:
        names = ", ".join(sorted(file.name for file in files)) or "none"
        raise ValueError(f"{folder} must hold one calibration, found {names}: give the file")
    return _read_file(files[0])
