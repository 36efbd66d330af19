"""3D keypoints from the files that trackers and this suite write."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infer_smpl_fit.smpl_body.conventions import ALIASES, CONVENTIONS
from infer_smpl_fit.smpl_body.restricted_pickle import load_pickle

SUFFIXES = (".npz", ".pkl", ".trc", ".c3d", ".csv")
LEAST_SHARED = 10
# The words of OpenSim and Pose2Sim, after the side was taken off.
OTHER_WORDS = {
    "bigtoe": "big_toe",
    "smalltoe": "small_toe",
    "head": "head_top",
    "headtop": "head_top",
    "neck": "upper_neck",
    "chip": "mid_hip",
    "midhip": "mid_hip",
}


@dataclass(frozen=True)
class Keypoints3D:
    """Points (F, J, 3), NaN where unknown, and what is known of them; None where it is not."""

    points: np.ndarray
    convention: str | None
    units: str | None
    fps: float | None


def read_keypoints(path: str, allow_pickle: bool) -> Keypoints3D:
    """Read a file of 3D keypoints.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Its form is unknown, or it holds no such points.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}: keypoints_path takes {SUFFIXES}")
    suffix = file.suffix.lower()
    if suffix == ".npz":
        return _from_npz(file)
    if suffix == ".pkl":
        if not allow_pickle:
            raise ValueError(f"{file} is a pickle: set allow_pickle=True if you trust its origin")
        return _from_arrays(file, load_pickle(file))
    if suffix not in SUFFIXES:
        raise ValueError(f"{file} ends in {suffix!r}; keypoints are read from {SUFFIXES}")
    try:
        points, names, fps, units = {".trc": _trc, ".c3d": _c3d, ".csv": _csv}[suffix](file)
    except (IndexError, KeyError, StopIteration, ValueError) as error:
        raise ValueError(
            f"{file} is not a whole {suffix} file ({error}): export it again"
        ) from error
    points, convention = arranged(points, names, str(file))
    return Keypoints3D(points, convention, units, fps)


def arranged(points: np.ndarray, names: Sequence[str], source: str) -> tuple[np.ndarray, str]:
    """Order points (F, N, 3) by the convention that shares most names; what it lacks is NaN.

    Raises:
        ValueError: No convention shares ten names.
    """
    # Our own names come first: OpenPose's neck is not what OpenSim's users call so.
    spellings = [[name.strip() for name in names], [plain_name(name) for name in names]]
    shared = {
        (name, spelling): sum(keypoint in spellings[spelling] for keypoint in layout.keypoints)
        for name, layout in CONVENTIONS.items()
        for spelling in (0, 1)
    }
    best = max(shared, key=lambda pair: (shared[pair], -len(CONVENTIONS[pair[0]].keypoints)))
    if shared[best] < LEAST_SHARED:
        raise ValueError(
            f"the points of {source} ({', '.join(list(names)[:8])}, ...) are of no known "
            f"convention ({', '.join(CONVENTIONS)})"
        )
    convention, known = CONVENTIONS[best[0]], spellings[best[1]]
    out = np.full((len(points), len(convention.keypoints), 3), np.nan)
    for index, keypoint in enumerate(convention.keypoints):
        if keypoint in known:
            out[:, index] = points[:, known.index(keypoint)]
    return out, convention.name


def plain_name(name: str) -> str:
    """``left_big_toe`` for LBigToe, left big toe, Left_BigToe and itself."""
    plain = name.strip().replace(" ", "_").replace("-", "_")
    lower = plain.lower()
    for side, letter in (("left", "L"), ("right", "R")):
        rest = None
        if lower.startswith(side):
            rest = lower.removeprefix(side).lstrip("_")
        elif len(plain) > 1 and plain[0] == letter and plain[1].isupper():
            rest = lower[1:]
        if rest:
            return f"{side}_{OTHER_WORDS.get(rest, rest)}"
    return OTHER_WORDS.get(lower, lower)


def _from_npz(file: Path) -> Keypoints3D:
    try:
        with np.load(file, allow_pickle=False) as stored:
            return _from_arrays(file, {name: stored[name] for name in stored.files})
    except (OSError, EOFError) as error:
        raise ValueError(f"{file} is not a whole .npz file ({error}): export it again") from error


def _from_arrays(file: Path, data: dict) -> Keypoints3D:
    found = [data[k] for k in ("keypoints3d_optim", "keypoints3d") if k in data]
    if not found:
        raise ValueError(f"{file} holds {', '.join(data)}; keypoints3d is needed")
    points = np.asarray(found[0], np.float64)
    if points.ndim != 3 or points.shape[2] != 3:
        raise ValueError(f"keypoints3d of {file} are {points.shape}; (F, J, 3) is needed")
    units = str(data["units"]) if "units" in data else None
    fps = float(data["fps"]) if "fps" in data else None
    skeleton = str(data["skeleton"]) if "skeleton" in data else None
    skeleton = ALIASES.get(skeleton, skeleton)
    if skeleton is not None and skeleton not in CONVENTIONS and "joints" in data:
        points, skeleton = arranged(points, [str(name) for name in data["joints"]], str(file))
    return Keypoints3D(points, skeleton, None if units == "unknown" else units, fps)


_Read = tuple[np.ndarray, list[str], float | None, str | None]


def _trc(file: Path) -> _Read:
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    count = int(float(header["NumMarkers"]))
    names = [name for name in lines[3].split("\t")[2:] if name.strip()][:count]
    rows = [line.split("\t")[2 : 2 + 3 * count] for line in lines[5:] if line.strip()]
    rows = [row + [""] * (3 * count - len(row)) for row in rows]
    return _points(rows, count), names, float(header["DataRate"]), header["Units"]


def _csv(file: Path) -> _Read:
    """Columns NAME_x, NAME_y, NAME_z, and perhaps frame and time in seconds."""
    with file.open(newline="", encoding="utf-8-sig") as handle:
        table = list(csv.reader(line for line in handle if not line.startswith("#")))
    header, rows = [cell.strip() for cell in table[0]], table[1:]
    columns = [i for i, name in enumerate(header) if name.lower().endswith(("_x", "_y", "_z"))]
    names = [header[i][:-2] for i in columns[::3]]
    points = _points([[row[i] for i in columns] for row in rows], len(names))
    fps = None
    if "time" in header and len(rows) > 1:
        times = np.array([float(row[header.index("time")]) for row in rows])
        fps = round(float(1 / np.median(np.diff(times))), 4)
    return points, names, fps, None


def _c3d(file: Path) -> _Read:
    import c3d

    with file.open("rb") as handle:
        reader = c3d.Reader(handle)
        frames = np.array([points for _, points, _ in reader.read_frames()], np.float64)
        labels = [label.strip() for label in reader.point_labels]
        units = reader.get("POINT:UNITS")
        fps = float(reader.point_rate)
    points = np.where(frames[..., 3:4] < 0, np.nan, frames[..., :3])
    unit = units.string_value.strip() if units is not None else None
    return points, labels[: points.shape[1]], fps, unit


def _points(rows: list[list[str]], count: int) -> np.ndarray:
    values = [[float(cell) if cell.strip() else np.nan for cell in row] for row in rows]
    return np.array(values, np.float64).reshape(-1, count, 3)
