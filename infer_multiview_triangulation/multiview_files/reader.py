"""Keypoints from any supported file or folder, recognised by its form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infer_multiview_triangulation.multiview_files import arrays, deeplabcut
from infer_multiview_triangulation.multiview_files.arrays import read_arrays
from infer_multiview_triangulation.multiview_files.deeplabcut import read_deeplabcut
from infer_multiview_triangulation.multiview_files.detections import Detections
from infer_multiview_triangulation.multiview_files.openpose import (
    read_frame_folders,
    view_folders,
)
from infer_multiview_triangulation.multiview_files.paths import (
    existing,
    load_json,
    natural_sorted,
)
from infer_multiview_triangulation.multiview_files.results_json import is_results, read_results_json
from infer_multiview_triangulation.multiview_geometry.camera import Camera

MAX_OUTSIDE_SHARE = 0.1
FORMS = (
    "a folder with one sub-folder of per-frame JSON (OpenPose, AIST++) or one file a view "
    "(.json of COCO, AlphaPose or MMPose; .csv or .h5 of DeepLabCut), or a .npz, .npy or .pkl file"
)


def read_detections(
    path: str | Path | Sequence[str | Path],
    skeleton: str = "auto",
    allow_pickle: bool = False,
    allow_uneven: bool = False,
) -> Detections:
    """Read the 2D keypoints of all views, whatever detector wrote them.

    Args:
        path: A file or folder, or a list of files, one a view, in the order of the cameras.
        skeleton: A name of :data:`SKELETONS`, or ``auto``; body25 and body25b have equally many
            keypoints, so that ``auto`` remains where a file does not tell.
        allow_pickle: Whether .pkl files are read (numpy arrays and containers only).
        allow_uneven: Whether views may differ in length by more than 10 %.

    Raises:
        FileNotFoundError: Nothing is at the path.
        ValueError: The form is unknown, or what it holds cannot be used; the message names the
            file, the value and the remedy.
    """
    if not isinstance(path, (str, Path)):
        return _read_files([existing(file) for file in path], skeleton, allow_uneven)
    path = existing(path)
    if path.is_file():
        if path.suffix.lower() in arrays.SUFFIXES:
            return read_arrays(path, skeleton, allow_pickle)
        return _read_files([path], skeleton, allow_uneven)
    if any(any(sub.glob("*.json")) for sub in view_folders(path)):
        return read_frame_folders(path, skeleton, allow_uneven)
    return _read_files(_files_of_views(path), skeleton, allow_uneven)


def check_inside(detections: Detections, cameras: Sequence[Camera]) -> None:
    """See that the keypoints were found in pictures of the cameras' resolution.

    Args:
        detections: Keypoints of V views.
        cameras: V cameras; one without a size is not checked.

    Raises:
        ValueError: More than a tenth of a view's keypoints lie outside of its camera's picture.
    """
    for view, keypoints, camera in zip(
        detections.views, detections.keypoints2d, cameras, strict=True
    ):
        places = keypoints[np.isfinite(keypoints[..., 0]), :2]
        if camera.size is None or not len(places):
            continue
        outside = ((places < -0.5) | (places > np.array(camera.size) - 0.5)).any(axis=1).mean()
        if outside > MAX_OUTSIDE_SHARE:
            width, height = camera.size
            right, bottom = places.max(axis=0)
            raise ValueError(
                f"{outside:.0%} of the keypoints of view {view} lie outside of camera "
                f"{camera.name}'s {width}x{height} picture (up to {right:.0f}, {bottom:.0f}): "
                "detection and calibration must have the same resolution"
            )


def _files_of_views(folder: Path) -> list[Path]:
    """The files of a folder that has one a view, in natural order.

    DeepLabCut writes the same table twice; the text is the one that cannot crash a library.
    """
    for suffixes in ((".json",), (".csv",), (".h5", ".hdf5")):
        files = [f for f in folder.iterdir() if f.suffix.lower() in suffixes and f.is_file()]
        if files:
            return natural_sorted(f for f in files if f.name[0] != ".")
    raise ValueError(f"{folder} holds no keypoints: give {FORMS}")


def _read_files(files: list[Path], skeleton: str, allow_uneven: bool) -> Detections:
    if not files:
        raise ValueError(f"the list of files is empty: give {FORMS}")
    suffixes = {file.suffix.lower() for file in files}
    if suffixes <= set(deeplabcut.SUFFIXES):
        return read_deeplabcut(files, skeleton, allow_uneven)
    if suffixes != {".json"}:
        raise ValueError(f"{files[0]} has no known form ({', '.join(suffixes)}): give {FORMS}")
    if not is_results(load_json(files[0])) and _is_one_frame(files[0]):
        raise ValueError(
            f"{files[0]} holds one frame: put each view's frames into a sub-folder, and give the "
            "folder above them"
        )
    return read_results_json(files, skeleton, allow_uneven)


def _is_one_frame(file: Path) -> bool:
    content = load_json(file)
    return isinstance(content, dict) and ("people" in content or "detection_scores" in content)
