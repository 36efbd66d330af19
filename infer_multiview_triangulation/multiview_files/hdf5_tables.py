"""DeepLabCut's tables in HDF5, read in a process of its own: the library may crash on damaged ones.

An .h5 file cannot run code here either: what PyTables would unpickle is made of plain values only.
"""

from __future__ import annotations

import io
import logging
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from ..infer_multiview_triangulation_kit.extras import check_installed
from ..infer_multiview_triangulation_kit.safe_pickle import Maker, check_unfolding, loads

logger = logging.getLogger(__name__)

# Columns as (individual, body part, coordinate), and values (F, columns).
Content = tuple[list[tuple[str, str, str]], np.ndarray]

LIMIT_SECONDS = 300
SIGNATURE = b"\x89HDF\r\n\x1a\n"
BEGUN = "reading table {}"
_patching = threading.Lock()


def read_apart(paths: Sequence[Path]) -> list[Content | Exception]:
    """The one table of each file, or why there is none, read by another Python.

    Where the program that runs is no Python of its own, as in Ikomia Studio, they are read here,
    and a line in the log says that a damaged file may end the program.

    Raises:
        ImportError: pandas or PyTables are not installed.
        ValueError: The library crashes on one of them.
    """
    remedy = "export .csv from DeepLabCut"
    check_installed(f"{paths[0]}, a table in HDF5,", "pandas", "tables", instead=remedy)
    signed = [path for path in paths if _is_signed(path)]
    read = dict(zip(signed, _read_signed(signed), strict=True)) if signed else {}
    unsigned = ValueError("it has no signature of HDF5")
    return [read.get(path, unsigned) for path in paths]


def _is_signed(path: Path) -> bool:
    """Whether HDF5's signature is where its format puts it: at 0, 512, 1024, 2048 and so on.

    The process that this spares a file of anything else costs seconds.
    """
    try:
        with path.open("rb") as file:
            size, offset = file.seek(0, io.SEEK_END), 0
            while offset < size:
                file.seek(offset)
                if file.read(len(SIGNATURE)) == SIGNATURE:
                    return True
                offset = 2 * offset or 512
    except OSError:
        return True  # Who reads it says why it cannot be read.
    return False


def _read_signed(paths: Sequence[Path]) -> list[Content | Exception]:
    if not Path(sys.executable or "").stem.lower().startswith("python"):
        logger.warning("%s is read in this program, which a damaged file may end", paths[0])
        return [_tried(path) for path in paths]
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import answer; "
        "answer(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        reason = f"the HDF5 library takes more than {LIMIT_SECONDS} s"
        raise ValueError(not_a_table(_last_begun(paths, error.stderr), reason)) from error
    if done.returncode:
        path = _last_begun(paths, done.stderr)
        raise ValueError(not_a_table(path, "the HDF5 library crashes on it"))
    return _read_answer(done.stdout, len(paths))


def not_a_table(path: Path, reason: object) -> str:
    """What is told of a file that holds no table."""
    return (
        f"{path} is not a table of DeepLabCut with scorer, bodyparts and coords ({reason}): "
        "export it again"
    )


def _last_begun(paths: Sequence[Path], told: bytes | None) -> Path:
    begun = re.findall(BEGUN.format(r"(\d+)").encode(), told or b"", re.MULTILINE)
    return paths[int(begun[-1])] if begun else paths[0]


def answer(paths: Sequence[str]) -> None:
    """Read the files and write their tables to stdout as .npz, or the text why there is none."""
    arrays: dict[str, Any] = {}
    try:
        for place, path in enumerate(paths):
            # On a line of its own, whatever the libraries print.
            print("\n" + BEGUN.format(place), file=sys.stderr, flush=True)
            read = _tried(Path(path))
            if isinstance(read, Exception):
                arrays[f"error{place}"] = np.array(str(read) or type(read).__name__)
                continue
            arrays[f"columns{place}"] = np.array(read[0], str).reshape(-1, 3)
            arrays[f"values{place}"] = read[1]
    except ImportError as error:
        arrays = {"missing": np.array(str(error))}
    content = io.BytesIO()
    np.savez(content, **arrays)
    sys.stdout.buffer.write(content.getvalue())


def _read_answer(content: bytes, count: int) -> list[Content | Exception]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = dict(archive)
    if "missing" in arrays:
        raise ImportError(str(arrays["missing"]))
    read: list[Content | Exception] = []
    for place in range(count):
        if f"error{place}" in arrays:
            read.append(ValueError(str(arrays[f"error{place}"])))
            continue
        columns = [(str(a), str(b), str(c)) for a, b, c in arrays[f"columns{place}"]]
        read.append((columns, arrays[f"values{place}"]))
    return read


def _tried(path: Path) -> Content | Exception:
    try:
        return read_here(path)
    except ImportError:
        raise
    # pandas, PyTables and HDF5 meet damaged files with errors of any kind.
    except Exception as error:
        return error


def read_here(path: Path) -> Content:
    """The one table of a file."""
    # pandas takes most of a second to import, which only this format needs.
    import pandas as pd

    with _restricted_tables(), pd.HDFStore(path, "r") as store:
        keys = store.keys()
        if len(keys) != 1:
            raise ValueError(f"it holds {len(keys)} tables, not one")
        table = store.get(keys[0])
    level = table.columns.get_level_values
    parts, coords = level("bodyparts"), level("coords")
    people = level("individuals") if "individuals" in table.columns.names else [""] * len(parts)
    columns = [(str(a), str(b), str(c)) for a, b, c in zip(people, parts, coords, strict=True)]
    return columns, table.to_numpy(np.float64)


@contextmanager
def _restricted_tables() -> Iterator[None]:
    """Let PyTables, which unpickles attributes and objects unasked, only make plain values."""
    from tables import atom, attributeset

    same = {name: getattr(pickle, name) for name in ("dumps", "UnpicklingError", "PickleError")}
    plain = SimpleNamespace(loads=_plain_value, **same)
    with (
        _patching,
        mock.patch.object(attributeset, "pickle", plain),
        mock.patch.object(atom, "pickle", plain),
    ):
        yield


def _plain_value(data: Any, *_: Any, **__: Any) -> Any:
    value = loads(bytes(data), _pandas_names)
    check_unfolding(value)
    return value


def _pandas_names(module: str, name: str) -> Maker | None:
    """The names of an index are in a list of pandas' own."""
    return list if (module, name) == ("pandas.core.indexes.frozen", "FrozenList") else None
