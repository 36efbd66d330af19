"""Readers and writers of keypoints, cameras and trajectories; no ikomia."""

from ..infer_multiview_triangulation_kit.array_files import write_npz
from ..infer_multiview_triangulation_kit.keypoints.c3d_files import read_c3d, write_c3d
from ..infer_multiview_triangulation_kit.keypoints.csv_files import read_csv, write_csv
from ..infer_multiview_triangulation_kit.keypoints.trajectories import Trajectories
from ..infer_multiview_triangulation_kit.keypoints.trc_files import read_trc, write_trc
from .arrays import detections_of, write_aist_pickle
from .calibration import (
    camera_values,
    cameras_of,
    read_cameras,
    write_cameras_json,
    write_cameras_toml,
    write_cameras_yml,
)
from .reader import read_detections
from .view_frames import Detections

__all__ = [
    "Detections",
    "Trajectories",
    "camera_values",
    "cameras_of",
    "detections_of",
    "read_c3d",
    "read_cameras",
    "read_csv",
    "read_detections",
    "read_trc",
    "write_aist_pickle",
    "write_c3d",
    "write_cameras_json",
    "write_cameras_toml",
    "write_cameras_yml",
    "write_csv",
    "write_npz",
    "write_trc",
]
