"""Keypoints from any supported file or folder, recognised by its form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..infer_multiview_triangulation_kit.files import existing, is_hidden, load_json, natural_sorted
from . import arrays, deeplabcut
from .arrays import read_arrays
from .boundary import told_of
from .deeplabcut import read_deeplabcut
from .openpose import read_frame_folders, view_folders
from .results_json import entries_of, read_results_json
from .view_frames import Detections

FORMS = (
    "a folder with one sub-folder of per-frame JSON (OpenPose, AIST++) or one file a view "
    "(.json of COCO, AlphaPose or MMPose; .csv or .h5 of DeepLabCut), or a .npz, .npy or .pkl file"
)


def read_detections(
    path: str | Path | Sequence[str | Path],
    skeleton: str = "auto",
    allow_pickle: bool = False,
    *,
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
    with told_of(path, "export the keypoints again"):
        if path.is_file():
            if path.suffix.lower() in arrays.SUFFIXES:
                return read_arrays(path, skeleton, allow_pickle)
            return _read_files([path], skeleton, allow_uneven)
        if any(any(sub.glob("*.json")) for sub in view_folders(path)):
            return read_frame_folders(path, skeleton, allow_uneven)
        return _read_files(_files_of_views(path), skeleton, allow_uneven)


def _files_of_views(folder: Path) -> list[Path]:
    """The files of a folder that has one a view, in natural order.

    DeepLabCut writes the same table twice; the text is the one that cannot crash a library.
    """
    for suffixes in ((".json",), (".csv",), (".h5", ".hdf5")):
        files = [f for f in folder.iterdir() if f.suffix.lower() in suffixes and f.is_file()]
        if files:
            return natural_sorted(f for f in files if not is_hidden(f))
    raise ValueError(f"{folder} holds no keypoints: give {FORMS}")


def _read_files(files: list[Path], skeleton: str, allow_uneven: bool) -> Detections:
    if not files:
        raise ValueError(f"the list of files is empty: give {FORMS}")
    suffixes = {file.suffix.lower() for file in files}
    if suffixes <= set(deeplabcut.SUFFIXES):
        return read_deeplabcut(files, skeleton, allow_uneven)
    if suffixes != {".json"}:
        raise ValueError(f"{files[0]} has no known form ({', '.join(suffixes)}): give {FORMS}")
    content = load_json(files[0])
    is_one_frame = isinstance(content, dict) and {"people", "detection_scores"} & content.keys()
    if is_one_frame and entries_of(content) is None:
        raise ValueError(
            f"{files[0]} holds one frame: put each view's frames into a sub-folder, and give the "
            "folder above them"
        )
    return read_results_json(files, skeleton, allow_uneven)
