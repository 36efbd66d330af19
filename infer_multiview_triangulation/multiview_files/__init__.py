"""Readers and writers of keypoints, cameras and trajectories; no ikomia."""

from infer_multiview_triangulation.multiview_files.arrays import detections_of
from infer_multiview_triangulation.multiview_files.c3d_points import read_c3d, write_c3d
from infer_multiview_triangulation.multiview_files.calibration import (
    camera_values,
    cameras_of,
    read_cameras,
    write_cameras_json,
    write_cameras_toml,
)
from infer_multiview_triangulation.multiview_files.csv_points import read_csv, write_csv
from infer_multiview_triangulation.multiview_files.detections import Detections
from infer_multiview_triangulation.multiview_files.export import write_aist_pickle, write_npz
from infer_multiview_triangulation.multiview_files.reader import read_detections
from infer_multiview_triangulation.multiview_files.trajectories import Trajectories
from infer_multiview_triangulation.multiview_files.trc import read_trc, write_trc

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
    "write_csv",
    "write_npz",
    "write_trc",
]
