"""The files that a reconstruction is written to."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.infer_multiview_triangulation_kit.keypoints.trajectories import (
    first_frame_of,
)
from infer_multiview_triangulation.multiview_geometry import Reconstruction, Reconstructions

logger = logging.getLogger(__name__)

OF_PEOPLE = (
    "keypoints3d", "keypoints3d_optim", "sigma", "reprojection_error", "n_views", "mask",
)  # fmt: skip
OF_ALL = ("timestamps", "fps", "units")


def write_all(
    folder: Path, people: Reconstructions, *, is_everybody: bool = False, with_pickle: bool = False
) -> list[Path]:
    """Write keypoints3d.npz, .trc, .c3d, .csv and the cameras as .json and .toml.

    With ``is_everybody`` keypoints3d.npz holds all people, and each has files of their own,
    keypoints3d_0.npz and so on. ``with_pickle`` adds keypoints3d.pkl, AIST++'s file.

    .trc and .c3d must name a unit: an unknown one is written as mm, and logged.
    """
    first = people.first
    files.write_cameras_json(folder / "cameras.json", first.cameras)
    files.write_cameras_toml(folder / "cameras.toml", first.cameras)
    written = ["cameras.json", "cameras.toml"]
    if first.units == "unknown":
        logger.warning("the unit of the cameras is unknown: .trc, .c3d and .csv say mm")
    if not is_everybody:
        names = _write_person(folder, "keypoints3d", first, with_pickle=with_pickle)
        return [folder / name for name in (*names, *written)]
    stacked = {name: people.stacked(name) for name in OF_PEOPLE}
    arrays = {**_arrays(first), **stacked, "people": people.names}
    files.write_npz(folder / "keypoints3d.npz", arrays)
    written.append("keypoints3d.npz")
    for name, person in zip(people.names, people.people, strict=True):
        written += _write_person(folder, f"keypoints3d_{name}", person, with_pickle=with_pickle)
    return [folder / name for name in written]


def _write_person(
    folder: Path, stem: str, person: Reconstruction, *, with_pickle: bool
) -> list[str]:
    points, joints, fps = person.keypoints3d_optim, person.skeleton.joints, person.fps
    files.write_npz(folder / f"{stem}.npz", _arrays(person))
    written = [f"{stem}.npz"]
    if with_pickle:
        files.write_aist_pickle(folder / f"{stem}.pkl", person.keypoints3d, points)
        written.append(f"{stem}.pkl")
    units = "mm" if person.units == "unknown" else person.units
    first = first_frame_of(person.timestamps, fps)
    writers = {"trc": files.write_trc, "c3d": files.write_c3d, "csv": files.write_csv}
    for suffix, write in writers.items():
        name = f"{stem}.{suffix}"
        write(folder / name, files.Trajectories(points, joints, fps, units, first))
        written.append(name)
    return written


def _arrays(person: Reconstruction) -> dict[str, Any]:
    named = {name: getattr(person, name) for name in (*OF_PEOPLE, *OF_ALL)}
    return {**named, "skeleton": person.skeleton.name, "joints": person.skeleton.joints}
