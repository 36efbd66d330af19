"""3D results as numpy's and AIST++'s files."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from infer_multiview_triangulation.multiview_files.paths import replacing


def write_npz(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays, compressed; the file appears whole or not at all.

    Raises:
        ValueError: An array holds objects, which could only be read back by running code.
    """
    plain = {name: np.asarray(value) for name, value in arrays.items()}
    for name, value in plain.items():
        if value.dtype.hasobject:
            raise ValueError(f"{name} of {path} holds objects: give numbers or text")
    with replacing(path) as beside, beside.open("wb") as handle:
        np.savez_compressed(handle, **plain)


def write_aist_pickle(
    path: str | Path, keypoints3d: np.ndarray, keypoints3d_optim: np.ndarray
) -> None:
    """Write AIST++'s file of two arrays (F, J, 3), which numpy 1 and 2 can both read.

    The file appears whole or not at all.

    Raises:
        ValueError: The arrays are not (F, J, 3), or differ in shape.
    """
    shapes = np.shape(keypoints3d), np.shape(keypoints3d_optim)
    if shapes[0] != shapes[1] or len(shapes[0]) != 3 or shapes[0][2] != 3:
        raise ValueError(f"{path} cannot hold arrays of shapes {shapes}: both must be (F, J, 3)")
    content = {
        "keypoints3d": np.array(keypoints3d, np.float64, order="C"),
        "keypoints3d_optim": np.array(keypoints3d_optim, np.float64, order="C"),
    }
    data = pickle.dumps(content, protocol=3)
    # numpy 1 has no numpy._core. The name stands once, as text, before the first array's bytes.
    data = data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n", 1)
    with replacing(path) as beside:
        beside.write_bytes(data)
