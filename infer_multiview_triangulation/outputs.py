"""The files that a reconstruction is written to."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.multiview_geometry import Reconstruction, Skeleton

logger = logging.getLogger(__name__)


def write_all(
    folder: Path,
    found: Reconstruction,
    skeleton: Skeleton,
    units: str,
    fps: float,
    timestamps: np.ndarray,
    with_pickle: bool = False,
) -> list[Path]:
    """Write keypoints3d.npz, .trc, .c3d, .csv and the cameras as .json and .toml.

    ``with_pickle`` adds keypoints3d.pkl, AIST++'s file.

    .trc and .c3d must name a unit: an unknown one is written as mm, and logged.
    """
    files.write_npz(folder / "keypoints3d.npz", _arrays(found, skeleton, units, fps, timestamps))
    files.write_cameras_json(folder / "cameras.json", found.cameras)
    files.write_cameras_toml(folder / "cameras.toml", found.cameras)
    written = ["keypoints3d.npz", "cameras.json", "cameras.toml"]
    if with_pickle:
        arrays = found.keypoints3d, found.keypoints3d_optim
        files.write_aist_pickle(folder / "keypoints3d.pkl", *arrays)
        written.append("keypoints3d.pkl")
    named = units
    if units == "unknown":
        named = "mm"
        logger.warning("the unit of the cameras is unknown: .trc, .c3d and .csv say mm")
    for name, write in (
        ("keypoints3d.trc", files.write_trc),
        ("keypoints3d.c3d", files.write_c3d),
        ("keypoints3d.csv", files.write_csv),
    ):
        write(
            folder / name,
            files.Trajectories(found.keypoints3d_optim, skeleton.joints, fps, named),
        )
        written.append(name)
    return [folder / name for name in written]


def _arrays(
    found: Reconstruction, skeleton: Skeleton, units: str, fps: float, timestamps: np.ndarray
) -> dict[str, np.ndarray]:
    return {
        "keypoints3d": found.keypoints3d,
        "keypoints3d_optim": found.keypoints3d_optim,
        "sigma": found.sigma,
        "reprojection_error": found.reprojection_error,
        "n_views": found.n_views,
        "mask": found.mask,
        "timestamps": np.asarray(timestamps),
        "fps": np.float64(fps),
        "skeleton": np.str_(skeleton.name),
        "joints": np.array(skeleton.joints),
        "units": np.str_(units),
    }
