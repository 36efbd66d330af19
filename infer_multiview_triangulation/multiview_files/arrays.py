"""Keypoints in array files: of all views in .npz, .npy, and AIST++'s .pkl, in 2D and 3D."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..infer_multiview_triangulation_kit import array_files
from ..infer_multiview_triangulation_kit.safe_pickle import UnreadablePickleError, load_pickle
from .view_frames import MAX_NUMBER, Detections, empty_view_warnings, known_skeleton, mask_missing

MAX_FPS, MAX_SIZE = 100_000, 1_000_000
SUFFIXES = (".npz", ".npy", ".pkl", ".pickle")


def read_arrays(path: Path, skeleton: str, allow_pickle: bool) -> Detections:
    """Read ``keypoints2d`` (V, F, J, 3) or (V, F, P, J, 3), as x, y in pixels and confidence.

    An .npz may add ``skeleton``, ``fps``, ``timestamps`` (F,), ``views`` (V,), ``sizes`` (V, 2) and
    ``scores`` (V, F) or (V, F, P). A .pkl is what AIST++ writes: keypoints2d, det_scores,
    timestamps.

    The ``skeleton`` ``auto`` takes the file's, if it tells.

    Raises:
        ValueError: A pickle without leave, a damaged file, or arrays of other shapes.
    """
    return detections_of(_load(path, allow_pickle), path, skeleton)


def detections_of(
    arrays: Mapping[str, Any], source: str | Path, skeleton: str = "auto"
) -> Detections:
    """The same from named values that messages call ``source``; None is an unknown value.

    Raises:
        ValueError: A value cannot be used, or no view shows anybody.
    """
    arrays = {name: value for name, value in arrays.items() if value is not None}
    keypoints2d = _keypoints(arrays, source)
    views, frames, people, joints = keypoints2d.shape[:4]
    if skeleton == "auto":
        skeleton = str(arrays.get("skeleton", "auto"))
    scores = arrays.get("scores", arrays.get("det_scores"))
    if scores is not None:
        scores = _shaped(scores, (views, frames, people), "scores", source)
        scores = np.where(np.isnan(keypoints2d[..., 0]).all(axis=-1), np.nan, scores)
        absurd = scores[np.isinf(scores) | (np.abs(scores) >= MAX_NUMBER)]
        if absurd.size:
            raise ValueError(
                f"a score of {source} is {absurd[0]:g}, which no detector gives: save the scores "
                "again, or leave them out"
            )
    names = _names(arrays, views, source)
    return Detections(
        keypoints2d=keypoints2d,
        skeleton=known_skeleton(skeleton, joints, source),
        views=names,
        timestamps=_timestamps(arrays, frames, source),
        fps=_fps(arrays, source),
        sizes=_sizes(arrays, views, source),
        scores=scores,
        warnings=empty_view_warnings(keypoints2d, names, source),
    )


def _load(path: Path, allow_pickle: bool) -> Mapping[str, Any]:
    if path.suffix.lower() in (".pkl", ".pickle"):
        if not allow_pickle:
            raise ValueError(
                f"{path} is a pickle, which could run code: set allow_pickle to read its arrays "
                "(nothing else in it is loaded), or save it as .npz"
            )
        try:
            content = load_pickle(path)
        except UnreadablePickleError as error:
            raise ValueError(
                f"{path} is not a pickle of numpy arrays and containers only ({error.reason}): "
                "save it as .npz"
            ) from error
        return content if isinstance(content, dict) else {"keypoints2d": content}
    return array_files.read_arrays(path, unnamed="keypoints2d")


def _keypoints(arrays: Mapping[str, Any], source: str | Path) -> np.ndarray:
    if "keypoints2d" not in arrays:
        raise ValueError(
            f"{source} holds {', '.join(map(str, arrays)) or 'nothing'}: "
            "name the keypoints keypoints2d"
        )
    keypoints = _numbers(arrays["keypoints2d"], "keypoints2d", source)
    if keypoints.ndim == 4:
        keypoints = keypoints[:, :, None]
    if keypoints.ndim != 5 or keypoints.shape[-1] != 3 or not keypoints.size:
        raise ValueError(
            f"keypoints2d of {source} has the shape {np.shape(arrays['keypoints2d'])}: it must be "
            "(views, frames, joints, 3) or (views, frames, people, joints, 3)"
        )
    return mask_missing(keypoints)


def _numbers(values: Any, name: str, source: str | Path) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"{name} of {source} are not numbers ({error}): save numbers") from error


def _shaped(values: Any, shape: tuple[int, ...], name: str, source: str | Path) -> np.ndarray:
    values = _numbers(values, name, source)
    # One person's axis may be left out.
    if values.ndim == len(shape) - 1 and shape[-1] == 1:
        values = values[..., None]
    if values.shape != shape:
        raise ValueError(f"{name} of {source} has the shape {values.shape}: it must be {shape}")
    return values


def _names(arrays: Mapping[str, Any], views: int, source: str | Path) -> tuple[str, ...]:
    names = tuple(map(str, np.ravel(arrays["views"]))) if "views" in arrays else ()
    names = names or tuple(f"view{v + 1}" for v in range(views))
    if len(set(names)) != views:
        raise ValueError(f"views of {source} are {names}: give {views} different names")
    return names


def _timestamps(arrays: Mapping[str, Any], frames: int, source: str | Path) -> np.ndarray:
    if "timestamps" not in arrays:
        return np.arange(frames)
    timestamps = _shaped(arrays["timestamps"], (frames,), "timestamps", source)
    if not np.isfinite(timestamps).all() or not (np.diff(timestamps) > 0).all():
        raise ValueError(f"timestamps of {source} must be finite and increase: sort the frames")
    return timestamps


def _fps(arrays: Mapping[str, Any], source: str | Path) -> float | None:
    if "fps" not in arrays:
        return None
    fps = _numbers(arrays["fps"], "fps", source)
    if fps.size != 1 or not 0 < fps.item() <= MAX_FPS:
        raise ValueError(f"fps of {source} is {fps}: it must be a number above 0, to {MAX_FPS}")
    return fps.item()


def _sizes(
    arrays: Mapping[str, Any], views: int, source: str | Path
) -> tuple[tuple[int, int] | None, ...]:
    if "sizes" not in arrays:
        return (None,) * views
    given = list(arrays["sizes"]) if np.iterable(arrays["sizes"]) else []
    if len(given) != views:
        raise ValueError(f"sizes of {source} are of {len(given)} views, not of {views}")
    sizes = [s if s is None else _shaped(s, (2,), "sizes", source) for s in given]
    if not all(size is None or ((size > 0) & (size <= MAX_SIZE)).all() for size in sizes):
        raise ValueError(f"sizes of {source} are {arrays['sizes']}: give width and height above 0")
    return tuple(size if size is None else (int(size[0]), int(size[1])) for size in sizes)


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
    array_files.write_pickle(path, {name: np.asarray(x, float) for name, x in content.items()})
