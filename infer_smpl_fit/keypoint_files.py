"""3D keypoints from the files that trackers and this suite write."""

from __future__ import annotations

import csv
import logging
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from infer_smpl_fit.keypoint_names import Keypoints3D
from infer_smpl_fit.smpl_body.restricted_pickle import RefusedPickleError, load_pickle, to_array

logger = logging.getLogger(__name__)

SUFFIXES = (".npz", ".pkl", ".trc", ".c3d", ".csv")
UNREADABLE = (
    csv.Error, IndexError, KeyError, ValueError, zipfile.BadZipFile, EOFError, OSError,
)  # fmt: skip
UNIT_WORDS = {
    "m": "m", "meter": "m", "meters": "m", "metre": "m", "metres": "m",
    "cm": "cm", "centimeter": "cm", "centimeters": "cm", "centimetres": "cm",
    "mm": "mm", "millimeter": "mm", "millimeters": "mm", "millimetres": "mm",
}  # fmt: skip


def read_keypoints(path: str, allow_pickle: bool) -> Keypoints3D:
    """Read a file of 3D keypoints.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Its form is unknown, or it holds no such points.
    """
    file = Path(path)
    endings = ", ".join(SUFFIXES)
    if not file.is_file():
        raise FileNotFoundError(
            f"there is no file {file}: keypoints_path takes a file of {endings}"
        )
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{file} ends in {suffix!r}; keypoints are read from {endings}")
    if suffix == ".pkl" and not allow_pickle:
        raise ValueError(f"{file} is a pickle: set allow_pickle to True if you trust its origin")
    readers = {".npz": _npz, ".pkl": _pkl, ".trc": _trc, ".c3d": _c3d, ".csv": _csv}
    try:
        given = readers[suffix](file)
    except RefusedPickleError as error:
        raise ValueError(f"{file} was not read, for safety: {error}") from error
    except UNREADABLE as error:
        raise ValueError(
            f"{file} is not a whole {suffix} file of 3D points ({error}): export it again"
        ) from error
    if not given.points.size:
        raise ValueError(f"{file} holds no frames of points: export it again")
    return given


def unit_called(word: object, source: str) -> str | None:
    """m, cm or mm; None, and a warning, where the word is none of those known."""
    plain = str(word or "").strip().lower()
    if plain and plain != "unknown" and plain not in UNIT_WORDS:
        logger.warning("%s is in %r: the unit is guessed; set units", source, word)
    return UNIT_WORDS.get(plain)


def _npz(file: Path) -> Keypoints3D:
    stored = np.load(file, allow_pickle=False)
    if not isinstance(stored, np.lib.npyio.NpzFile):
        raise ValueError("it holds one array without a name")
    with stored:
        return _from_arrays(file, {name: stored[name] for name in stored.files})


def _pkl(file: Path) -> Keypoints3D:
    data = load_pickle(file)
    wanted = {name: to_array(data[name]) for name in _trajectories(data)}
    return _from_arrays(file, wanted or data)


def _trajectories(data: dict[str, Any]) -> list[str]:
    """Names of the trajectories, the better first; AIST++ and this suite call them so."""
    return [name for name in ("keypoints3d_optim", "keypoints3d") if name in data]


def _from_arrays(file: Path, data: dict[str, Any]) -> Keypoints3D:
    found = _trajectories(data)
    if not found:
        raise ValueError(f"it holds {', '.join(data) or 'nothing'}; keypoints3d is needed")
    points = np.asarray(data[found[0]], np.float64)
    if points.ndim != 3 or points.shape[2] != 3:
        raise ValueError(f"{found[0]} is {points.shape}; (F, J, 3) is needed")
    return Keypoints3D(
        points,
        tuple(str(name) for name in data["joints"]) if "joints" in data else None,
        str(data["skeleton"]) if "skeleton" in data else None,
        unit_called(data.get("units"), str(file)),
        float(data["fps"]) if "fps" in data else None,
        str(file),
    )


def _trc(file: Path) -> Keypoints3D:
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    count = int(float(header["NumMarkers"]))
    names = tuple(name.strip() for name in lines[3].split("\t")[2::3])[:count]
    if len(names) != count or not all(names):
        raise ValueError(f"{count} markers are announced, {len([n for n in names if n])} are named")
    rows = [line.split("\t")[2 : 2 + 3 * count] for line in lines[5:] if line.strip()]
    if len(rows) < float(header["NumFrames"]):
        raise ValueError(f"{header['NumFrames']} frames are announced, {len(rows)} are there")
    rows = [row + [""] * (3 * count - len(row)) for row in rows]
    unit = unit_called(header["Units"], str(file))
    return Keypoints3D(
        _points(rows, count), names, None, unit, float(header["DataRate"]), str(file)
    )


def _csv(file: Path) -> Keypoints3D:
    """Columns NAME_x, NAME_y, NAME_z, and perhaps frame, time in seconds and units."""
    with file.open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.reader(line for line in handle if not line.startswith("#")))
    header, *rows = [row for row in rows if row]
    header = [cell.strip() for cell in header]
    columns = [i for i, name in enumerate(header) if name.lower().endswith(("_x", "_y", "_z"))]
    names = tuple(header[i][:-2] for i in columns[::3])
    expected = [f"{name}_{axis}" for name in names for axis in "xyz"]
    if not names or [header[i][:-1] + header[i][-1].lower() for i in columns] != expected:
        raise ValueError("the columns are not NAME_x, NAME_y, NAME_z for one point after another")
    points = _points([[row[i] for i in columns] for row in rows], len(names))
    unit = rows[0][header.index("units")] if "units" in header and rows else None
    return Keypoints3D(
        points, names, None, unit_called(unit, str(file)), _rate(header, rows), str(file)
    )


def _rate(header: list[str], rows: list[list[str]]) -> float | None:
    if "time" not in header or len(rows) < 2:
        return None
    times = [float(row[header.index("time")]) for row in rows]
    step = float(np.median(np.diff(times)))
    return round(1 / step, 4) if step > 0 else None


def _c3d(file: Path) -> Keypoints3D:
    import c3d

    try:
        with file.open("rb") as handle, warnings.catch_warnings():
            # The package complains of files without analog channels.
            warnings.simplefilter("ignore")
            reader = c3d.Reader(handle)
            frames = [points for _, points, _ in reader.read_frames()]
            announced = reader.frame_count
            labels = tuple(label.strip() for label in reader.point_labels)
            units = reader.get("POINT:UNITS")
            fps = float(reader.point_rate)
    # The package meets damaged files with errors of any kind.
    except Exception as error:
        raise ValueError(str(error)) from error
    if len(frames) != announced:
        raise ValueError(f"{announced} frames are announced, {len(frames)} are there")
    samples = np.array(frames, np.float64)
    points = np.where(samples[..., 3:4] < 0, np.nan, samples[..., :3])
    unit = unit_called(units.string_value if units is not None else None, str(file))
    return Keypoints3D(points, labels[: points.shape[1]], None, unit, fps, str(file))


def _points(rows: list[list[str]], count: int) -> np.ndarray:
    values = [[float(cell) if cell.strip() else np.nan for cell in row] for row in rows]
    return np.array(values, np.float64).reshape(-1, count, 3)
