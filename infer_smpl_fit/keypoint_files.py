"""3D keypoints from the files that trackers and this suite write."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .infer_smpl_fit_kit.array_files import read_arrays
from .infer_smpl_fit_kit.keypoints.c3d_files import read_c3d
from .infer_smpl_fit_kit.keypoints.csv_files import read_csv
from .infer_smpl_fit_kit.keypoints.trajectories import (
    first_frame_of,
    refuse_absurd,
    stamped_rate,
    unit_of_word,
)
from .infer_smpl_fit_kit.keypoints.trc_files import read_trc
from .infer_smpl_fit_kit.safe_pickle import RefusedPickleError, UnreadablePickleError, load_pickle
from .keypoint_names import Keypoints3D

logger = logging.getLogger(__name__)

MARKERS = {".trc": partial(read_trc, is_strict=False), ".c3d": read_c3d, ".csv": read_csv}
SUFFIXES = (".npz", ".pkl", *MARKERS)
# AIST++ and this suite call the trajectories so; the better first.
TRAJECTORIES = ("keypoints3d_optim", "keypoints3d")


def read_keypoints(path: str, allow_pickle: bool) -> Keypoints3D:
    """Read a file of 3D keypoints.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Its form is unknown, or it holds no such points; the message names the file.
    """
    file = Path(path)
    endings = ", ".join(SUFFIXES)
    if not file.is_file():
        raise FileNotFoundError(
            f"there is no file {file}: keypoints_path takes a file of {endings}"
        )
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{file} ends in {suffix!r}; keypoints are read from {endings}")
    if suffix == ".pkl" and not allow_pickle:
        raise ValueError(f"{file} is a pickle: set allow_pickle to True if you trust its origin")
    try:
        if suffix in MARKERS:
            read = MARKERS[suffix](file)
            units, names = unit_called(read.units, str(file)), tuple(read.names)
            keypoints = Keypoints3D(
                read.points,
                names,
                skeleton=None,
                units=units,
                fps=read.fps,
                source=str(file),
                first_frame=read.first_frame,
            )
        else:
            keypoints = _of_arrays(file, read_arrays(file) if suffix == ".npz" else _pickled(file))
    except OSError as error:
        raise _unusable(file, error) from error
    if not keypoints.points.size:
        raise ValueError(f"{file} holds no frames of points: export it again")
    return keypoints


def unit_called(word: object, source: str) -> str | None:
    """m, cm or mm; None, and a warning, where the word is none of those known."""
    unit = unit_of_word(word)
    if unit is None and str("" if word is None else word).strip().lower() not in ("", "unknown"):
        logger.warning("%s is in %r: the unit is guessed; set units", source, word)
    return unit


def _unusable(file: Path, reason: object) -> ValueError:
    suffix = file.suffix.lower()
    return ValueError(
        f"{file} is not a whole {suffix} file of 3D points ({reason}): export it again"
    )


def _pickled(file: Path) -> Mapping[str, Any]:
    try:
        content = load_pickle(file)
    except RefusedPickleError:
        raise
    except UnreadablePickleError as error:
        raise _unusable(file, error.reason) from error
    if not isinstance(content, dict):
        raise _unusable(file, f"it holds a {type(content).__name__}, not named arrays")
    # What else AIST++ may have in it is none of this reader's.
    return {name: content[name] for name in TRAJECTORIES if name in content} or content


def _of_arrays(file: Path, values: Mapping[str, Any]) -> Keypoints3D:
    name = next((name for name in TRAJECTORIES if name in values), None)
    if name is None:
        held = ", ".join(map(str, values)) or "nothing"
        raise _unusable(file, f"it holds {held}; keypoints3d is needed")
    try:
        points = np.asarray(values[name], np.float64)
        stamps = values.get("timestamps", ())
        fps = float(values["fps"]) if "fps" in values else stamped_rate(stamps)
        names = tuple(map(str, values["joints"])) if "joints" in values else None
        people = tuple(map(str, values["people"])) if "people" in values else None
        refuse_absurd(points, fps)
    except (OverflowError, TypeError, ValueError) as error:
        raise _unusable(file, error) from error
    if points.ndim not in (3, 4) or points.shape[-1] != 3:
        raise _unusable(
            file, f"{name} is {points.shape}; (F, J, 3), or (N, F, J, 3) of N people, is needed"
        )
    return Keypoints3D(
        points,
        names,
        skeleton=str(values["skeleton"]) if "skeleton" in values else None,
        units=unit_called(values.get("units"), str(file)),
        fps=fps,
        source=str(file),
        first_frame=first_frame_of(stamps, fps),
        people=people,
    )
