"""Files of named arrays: .npz without objects, and pickles that numpy 1 reads as well."""

import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .files import FileError, replacing, unpacked_size, write_bytes

# What an .npz may unpack to: so many bytes, or so many for each of its own.
MOST_UNPACKED, MOST_UNPACKING = 2**28, 64


def read_arrays(
    path: Path, wanted: Collection[str] | None = None, *, unnamed: str | None = None
) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, or the one of an .npy file.

    Args:
        path: The file.
        wanted: Only these are read, as far as they are there; None reads all.
        unnamed: The name of an .npy file's array; None refuses such files.

    Raises:
        FileError: The file is damaged, holds objects, far more than its size, or one array
            without a name.
    """
    try:
        unpacked = unpacked_size(path)
        if unpacked > max(MOST_UNPACKED, MOST_UNPACKING * path.stat().st_size):
            raise ValueError(f"it unpacks to {unpacked} bytes, far more than its own")
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            with loaded:
                return {
                    name: loaded[name] for name in loaded.files if wanted is None or name in wanted
                }
    # numpy and zipfile meet damaged files with errors of any kind.
    except Exception as error:
        problem = f"is damaged or holds objects, not numbers ({error})"
        raise FileError(path, problem, "export it again as plain arrays") from error
    if unnamed is None:
        raise FileError(path, "holds one array without a name", "export it again as .npz")
    return {unnamed: loaded}


def write_npz(path: str | Path, arrays: Mapping[str, Any]) -> Path:
    """Write named arrays, compressed; the file appears whole or not at all.

    Raises:
        ValueError: An array holds objects, which could only be read back by running code.

    Example:
        >>> import tempfile
        >>> file = write_npz(Path(tempfile.mkdtemp()) / "a.npz", {"fps": 60.0, "views": ["left"]})
        >>> read_arrays(file)
        {'fps': array(60.), 'views': array(['left'], dtype='<U4')}
    """
    plain: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    for name, value in plain.items():
        if value.dtype.hasobject:
            raise ValueError(f"{name} of {path} holds objects: give numbers or text")
    with replacing(path) as beside, beside.open("wb") as handle:
        np.savez_compressed(handle, **plain)
    return Path(path)


def write_pickle(path: str | Path, content: Mapping[str, np.ndarray | float]) -> Path:
    """Write named arrays and numbers as a pickle that numpy 1 and 2, and Python 2, can read.

    The file appears whole or not at all.
    """
    plain = {
        name: np.array(value, order="C") if isinstance(value, np.ndarray) else float(value)
        for name, value in content.items()
    }
    data = pickle.dumps(plain, protocol=2)
    # numpy 1 has no numpy._core. The name stands once, as text, before the first array's bytes.
    data = data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n", 1)
    return write_bytes(path, data)
