"""3D points as comma-separated values, for spreadsheets and data frames."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..files import existing, replacing
from .trajectories import Trajectories, first_frame_of, rate_of, refuse_absurd, writable

FRAME, TIME, UNITS = "frame", "time", "units"
COORDINATES = ("_x", "_y", "_z")


def write_csv(path: str | Path, trajectories: Trajectories) -> Path:
    """Write one row a frame, missing points as empty fields.

    The columns are frame (the source's number), time (seconds since the source's begin), then x, y,
    z of each joint as ``joint_x``; the last repeats the unit. The file appears whole or not at all.

    Raises:
        ValueError: The points, names, rate or unit do not fit.
    """
    points, fps = writable(path, trajectories)
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow([FRAME, TIME, *_columns(trajectories.names), UNITS])
        for frame, row in enumerate(points.reshape(len(points), -1).tolist()):
            fields = [value if value == value else "" for value in row]
            time = (trajectories.start + frame) / fps
            table.writerow([trajectories.first_frame + frame, time, *fields, trajectories.units])
    return Path(path)


def read_csv(path: str | Path) -> Trajectories:
    """Read columns ``joint_x``, ``joint_y``, ``joint_z`` of one joint after another.

    Axes may be capitals, and lines that begin with ``#`` are comments. The frame rate comes from a
    column ``time`` in seconds, the unit from a column ``units``, the first frame's number from a
    column ``frame``, where there are such; other columns are passed over.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: It is no such file, or has no frame.
    """
    path = existing(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = csv.reader(line for line in handle if not line.startswith("#"))
            header, *rows = [row for row in lines if row]
        header = [cell.strip() for cell in header]
        places = [i for i, name in enumerate(header) if name.lower().endswith(COORDINATES)]
        names = tuple(header[i][:-2] for i in places[::3])
        found = [header[i][:-1] + header[i][-1].lower() for i in places]
        if not names or found != _columns(names):
            raise ValueError(
                "its columns are not NAME_x, NAME_y, NAME_z for one point after another"
            )
        if not rows:
            raise ValueError("it has no frame")
        values = [[float(row[i]) if row[i].strip() else np.nan for i in places] for row in rows]
        points = np.array(values, np.float64).reshape(len(rows), len(names), 3)
        times = [float(row[header.index(TIME)]) for row in rows] if TIME in header else []
        refuse_absurd(points, fps := rate_of(times))
        first = first_frame_of(rows[0][header.index(FRAME)], None) if FRAME in header else 0
        units = rows[0][header.index(UNITS)] if UNITS in header else ""
    except (csv.Error, IndexError, ValueError) as error:
        raise ValueError(
            f"{path} is not a .csv file of 3D points ({error}): export it again"
        ) from error
    points[np.isnan(points).any(axis=2)] = np.nan
    return Trajectories(points, names, fps, units, first)


def _columns(names: Sequence[str]) -> list[str]:
    return [name + axis for name in names for axis in COORDINATES]
