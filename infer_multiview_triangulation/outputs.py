"""The files that a reconstruction is written to."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.infer_multiview_triangulation_kit.keypoints.trajectories import (
    first_frame_of,
)
from infer_multiview_triangulation.multiview_geometry import Reconstruction

logger = logging.getLogger(__name__)


def write_all(
    folder: Path, reconstruction: Reconstruction, *, with_pickle: bool = False
) -> list[Path]:
    """Write keypoints3d.npz, .trc, .c3d, .csv and the cameras as .json and .toml.

    ``with_pickle`` adds keypoints3d.pkl, AIST++'s file.

    .trc and .c3d must name a unit: an unknown one is written as mm, and logged.
    """
    points, cameras = reconstruction.keypoints3d_optim, reconstruction.cameras
    files.write_npz(folder / "keypoints3d.npz", _arrays(reconstruction))
    files.write_cameras_json(folder / "cameras.json", cameras)
    files.write_cameras_toml(folder / "cameras.toml", cameras)
    written = ["keypoints3d.npz", "cameras.json", "cameras.toml"]
    if with_pickle:
        files.write_aist_pickle(folder / "keypoints3d.pkl", reconstruction.keypoints3d, points)
        written.append("keypoints3d.pkl")
    units = reconstruction.units
    if units == "unknown":
        units = "mm"
        logger.warning("the unit of the cameras is unknown: .trc, .c3d and .csv say mm")
    first = first_frame_of(reconstruction.timestamps, reconstruction.fps)
    for name, write in (
        ("keypoints3d.trc", files.write_trc),
        ("keypoints3d.c3d", files.write_c3d),
        ("keypoints3d.csv", files.write_csv),
    ):
        write(
            folder / name,
            files.Trajectories(
                points, reconstruction.skeleton.joints, reconstruction.fps, units, first
            ),
        )
        written.append(name)
    return [folder / name for name in written]


def _arrays(reconstruction: Reconstruction) -> dict[str, np.ndarray | np.generic]:
    skeleton = reconstruction.skeleton
    return {
        "keypoints3d": reconstruction.keypoints3d,
        "keypoints3d_optim": reconstruction.keypoints3d_optim,
        "sigma": reconstruction.sigma,
        "reprojection_error": reconstruction.reprojection_error,
        "n_views": reconstruction.n_views,
        "mask": reconstruction.mask,
        "timestamps": reconstruction.timestamps,
        "fps": np.float64(reconstruction.fps),
        "skeleton": np.str_(skeleton.name),
        "joints": np.array(skeleton.joints),
        "units": np.str_(reconstruction.units),
    }
