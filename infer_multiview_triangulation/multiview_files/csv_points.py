"""3D points as comma-separated values, for spreadsheets and data frames."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infer_multiview_triangulation.multiview_files.paths import existing, replacing
from infer_multiview_triangulation.multiview_files.trajectories import Trajectories, checked

LEADING = ["frame", "time"]


def write_csv(
    path: str | Path, points: np.ndarray, names: Sequence[str], fps: float, units: str
) -> None:
    """Write points (F, J, 3), one row a frame, missing ones as empty fields.

    The columns are frame (from 0), time (seconds), then x, y, z of each joint as ``joint_x``; the
    last repeats the unit. The file appears whole or not at all.

    Raises:
        ValueError: The points, names, rate or unit do not fit.
    """
    points = checked(path, points, names, fps, units)
    columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow([*LEADING, *columns, "units"])
        for frame, row in enumerate(points.reshape(len(points), -1).tolist()):
            fields = [value if value == value else "" for value in row]
            table.writerow([frame, frame / fps, *fields, units])


def read_csv(path: str | Path) -> Trajectories:
    """Read a file of :func:`write_csv`; the frame rate comes from the times.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: It is no such file.
    """
    path = existing(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            header, *rows = csv.reader(handle)
        names = tuple(column.removesuffix("_x") for column in header[2:-1:3])
        expected = [f"{name}_{axis}" for name in names for axis in "xyz"]
        if header != [*LEADING, *expected, "units"] or not rows:
            raise ValueError("the columns are not frame, time, joint_x, joint_y, ..., units")
        values = np.array([[float(v or "nan") for v in row[1:-1]] for row in rows], np.float64)
        points = values[:, 1:].reshape(len(rows), len(names), 3)
        units = rows[0][-1]
    except (csv.Error, IndexError, ValueError) as error:
        raise ValueError(f"{path} is not a .csv file of 3D points ({error})") from error
    duration = values[-1, 0] - values[0, 0]
    fps = round((len(rows) - 1) / duration, 6) if duration > 0 else None
    return Trajectories(points, names, fps, units)
