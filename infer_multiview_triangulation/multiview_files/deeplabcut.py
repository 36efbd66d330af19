"""DeepLabCut's tables, one .csv or .h5 file a view."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np

from infer_multiview_triangulation.multiview_files.detections import Detections
from infer_multiview_triangulation.multiview_files.paths import existing
from infer_multiview_triangulation.multiview_files.safe_pickle import loads
from infer_multiview_triangulation.multiview_files.view_frames import (
    ViewFrames,
    assemble,
    person_of,
)

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".h5", ".hdf5")
COORDS = ("x", "y", "likelihood")
# HDF5's own errors are RuntimeErrors.
UNREADABLE = (
    OSError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
    pickle.PickleError,
)
_patching = threading.Lock()


def read_deeplabcut(
    files: Sequence[str | Path], skeleton: str = "auto", allow_uneven: bool = False
) -> Detections:
    """Read one table a view, in the order of the cameras, with one or several individuals.

    Rows are counted as frames, whatever their index says. The first view's body parts give the
    order of the keypoints; labels without a likelihood count as certain.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: A file is no such table, or the views have other body parts or lengths.
    """
    paths = [existing(file) for file in files]
    tables = [_read_table(path) for path in paths]
    parts = _body_parts(tables[0])
    for path, table in zip(paths, tables, strict=True):
        if set(_body_parts(table)) != set(parts):
            raise ValueError(
                f"{path} has the body parts {_body_parts(table)}, {paths[0]} has {parts}: "
                "run the same model on every view"
            )
    views = [_view(p, table, parts) for p, table in zip(paths, tables, strict=True)]
    return assemble(views, paths[0].parent, skeleton, allow_uneven)


def _read_table(path: Path) -> pd.DataFrame:
    """The table with columns (individual, body part, coordinate)."""
    # pandas takes most of a second to import, which only this format needs.
    import pandas as pd

    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, header=_csv_header(path), index_col=0)
        else:
            with _restricted_tables(), pd.HDFStore(path, "r") as store:
                table = store.get(_only_key(store))
        names = list(table.columns.names)
        individuals = (
            table.columns.get_level_values("individuals")
            if "individuals" in names
            else [""] * table.shape[1]
        )
        columns = [
            individuals,
            table.columns.get_level_values("bodyparts"),
            table.columns.get_level_values("coords"),
        ]
        table.columns = pd.MultiIndex.from_arrays(columns)
        table = table.astype(np.float64)
    except UNREADABLE as error:
        raise ValueError(
            f"{path} is not a table of DeepLabCut with scorer, bodyparts and coords "
            f"({error}): export it again"
        ) from error
    coords = set(table.columns.get_level_values(2))
    if not {"x", "y"} <= coords <= set(COORDS):
        raise ValueError(
            f"{path} has the coords {sorted(coords)}, not {COORDS}: give 2D predictions"
        )
    return table


def _only_key(store: pd.HDFStore) -> str:
    keys = store.keys()
    if len(keys) != 1:
        raise ValueError(f"it holds {len(keys)} tables, not one")
    return keys[0]


def _csv_header(path: Path) -> list[int]:
    with path.open(encoding="utf-8") as lines:
        firsts = [line.split(",", 1)[0].strip() for _, line in zip(range(4), lines, strict=False)]
    if "coords" not in firsts:
        raise ValueError("none of the first four rows is called coords")
    return list(range(firsts.index("coords") + 1))


@contextmanager
def _restricted_tables() -> Iterator[None]:
    """Let PyTables, which unpickles attributes and objects unasked, only make plain values."""
    import tables

    plain = SimpleNamespace(
        loads=lambda data, *_, **__: loads(bytes(data)),
        dumps=pickle.dumps,
        UnpicklingError=pickle.UnpicklingError,
        PickleError=pickle.PickleError,
    )
    with (
        _patching,
        mock.patch.object(tables.attributeset, "pickle", plain),
        mock.patch.object(tables.atom, "pickle", plain),
    ):
        yield


def _body_parts(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(map(str, table.columns.get_level_values(1))))


def _view(path: Path, table: pd.DataFrame, parts: list[str]) -> ViewFrames:
    individuals = list(dict.fromkeys(table.columns.get_level_values(0)))
    keypoints = np.full((len(table), len(individuals), len(parts), 3), np.nan)
    # Labels made by hand have no likelihood.
    if "likelihood" not in table.columns.get_level_values(2):
        keypoints[..., 2] = 1
    for column, values in table.items():
        individual, part, coordinate = column
        place = individuals.index(individual), parts.index(str(part)), COORDS.index(coordinate)
        keypoints[:, place[0], place[1], place[2]] = values
    view = ViewFrames(path.stem, timestamped=False)
    for frame, bodies in enumerate(keypoints):
        people = [person_of(body) for body in bodies]
        view.frames[frame] = [person for person in people if person is not None]
    return view
