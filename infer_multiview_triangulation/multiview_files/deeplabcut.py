"""DeepLabCut's tables, one .csv or .h5 file a view."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import hdf5_tables
from .view_frames import Detections, ViewFrames, assemble, person_of

SUFFIXES = (".csv", ".h5", ".hdf5")
COORDS = ("x", "y", "likelihood")


class _Table(NamedTuple):
    """A table's columns as (individual, body part, coordinate) and its values (F, columns)."""

    columns: list[tuple[str, str, str]]
    values: np.ndarray

    def labels(self, level: int) -> list[str]:
        """The different ones of a level of the columns, in order."""
        return list(dict.fromkeys(column[level] for column in self.columns))


def read_deeplabcut(paths: Sequence[Path], skeleton: str, allow_uneven: bool) -> Detections:
    """Read one table a view, in the order of the cameras, with one or several individuals.

    Rows are counted as frames, whatever their index says. The first view's body parts give the
    order of the keypoints; labels without a likelihood count as certain.

    Raises:
        ValueError: A file is no such table, or the views have other body parts or lengths.
    """
    in_hdf5 = [path for path in paths if path.suffix.lower() != ".csv"]
    apart = dict(zip(in_hdf5, hdf5_tables.read_apart(in_hdf5), strict=True)) if in_hdf5 else {}
    tables = [_read_table(path, apart.get(path)) for path in paths]
    parts = tables[0].labels(1)
    for path, table in zip(paths, tables, strict=True):
        if set(table.labels(1)) != set(parts):
            raise ValueError(
                f"{path} has the body parts {table.labels(1)}, {paths[0]} has {parts}: "
                "run the same model on every view"
            )
    views = [_view(p, table, parts) for p, table in zip(paths, tables, strict=True)]
    return assemble(views, paths[0].parent, skeleton=skeleton, allow_uneven=allow_uneven)


def _read_table(path: Path, read: hdf5_tables.Content | Exception | None) -> _Table:
    try:
        if isinstance(read, Exception):
            raise read
        table = _read_csv(path) if read is None else _Table(*read)
    except Exception as error:
        raise ValueError(hdf5_tables.not_a_table(path, error)) from error
    coords = table.labels(2)
    if not {"x", "y"} <= set(coords) <= set(COORDS):
        raise ValueError(
            f"{path} has the coords {sorted(coords)}, not {COORDS}: give 2D predictions"
        )
    return table


def _read_csv(path: Path) -> _Table:
    """A .csv by hand: pandas' parser crashes on some damaged headers of several rows."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = [row for row in csv.reader(handle) if row]
    header = {}
    while "coords" not in header:
        name, *cells = rows.pop(0)
        header[name.strip()] = cells
    parts, coords = header["bodyparts"], header["coords"]
    individuals = header.get("individuals", [""] * len(parts))
    columns = list(zip(individuals, parts, coords, strict=True))
    # An index of several columns, of images labelled by hand, has no coordinates above it.
    kept = [place for place, coordinate in enumerate(coords) if coordinate]
    values = [[float(row[1 + place] or "nan") for place in kept] for row in rows]
    return _Table([columns[place] for place in kept], np.array(values).reshape(-1, len(kept)))


def _view(path: Path, table: _Table, parts: list[str]) -> ViewFrames:
    individuals = table.labels(0)
    keypoints = np.full((len(table.values), len(individuals), len(parts), 3), np.nan)
    # Labels made by hand have no likelihood.
    if "likelihood" not in table.labels(2):
        keypoints[..., 2] = 1
    for (individual, part, coordinate), values in zip(table.columns, table.values.T, strict=True):
        axis = COORDS.index(coordinate)
        keypoints[:, individuals.index(individual), parts.index(part), axis] = values
    frames = {
        frame: [person for body in bodies if (person := person_of(body))]
        for frame, bodies in enumerate(keypoints)
    }
    return ViewFrames(path.stem, frames, timestamped=False)
