"""3D keypoints as AIST++'s file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..infer_multiview_triangulation_kit.array_files import write_pickle


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
    content = {"keypoints3d": keypoints3d, "keypoints3d_optim": keypoints3d_optim}
    write_pickle(path, {name: np.asarray(points, float) for name, points in content.items()})
