"""The files that a reconstruction is written to."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.infer_multiview_triangulation_kit.keypoints.trajectories import (
    first_frame_of,
)
from infer_multiview_triangulation.multiview_geometry import Reconstruction

logger = logging.getLogger(__name__)

ARRAYS = (
    "keypoints3d", "keypoints3d_optim", "sigma", "reprojection_error", "n_views", "mask",
    "timestamps", "fps", "units",
)  # fmt: skip


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
    joints, fps = reconstruction.skeleton.joints, reconstruction.fps
    first = first_frame_of(reconstruction.timestamps, fps)
    writers = {"trc": files.write_trc, "c3d": files.write_c3d, "csv": files.write_csv}
    for suffix, write in writers.items():
        name = f"keypoints3d.{suffix}"
        write(folder / name, files.Trajectories(points, joints, fps, units, first))
        written.append(name)
    return [folder / name for name in written]


def _arrays(reconstruction: Reconstruction) -> dict[str, Any]:
    skeleton = reconstruction.skeleton
    named = {name: getattr(reconstruction, name) for name in ARRAYS}
    return {**named, "skeleton": skeleton.name, "joints": skeleton.joints}
