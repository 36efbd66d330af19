"""The steps by which AIST++ was made, each with one unit: keypoints, cameras, motion."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plugin_kit.array_files import write_npz, write_pickle
from workflows.dataset.aist import VIEWS
from workflows.dataset.tasks import run_main
from workflows.dataset.units import Unit

KEYPOINTS_FILE, CAMERAS_FILE = "keypoints2d.pkl", "cameras.json"
KEYPOINTS3D_FILE, MOTION_FILE = "keypoints3d.pkl", "motion.pkl"
FPS = 60.0
# Of all sequences of an environment together: more frames tell the cameras no better.
MOST_FRAMES = 1200
BAD_VIEW = "--bad-view="


def keypoints(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """The largest person's COCO-17 of the views of a sequence, in AIST++'s pickle."""
    videos = {key.partition(" ")[2]: path for key, path in unit.inputs.items()}
    work = folder / ".people"
    given = [*map(str, videos.values()), "--person", "largest", *unit.options, "--quiet"]
    measures = run_main("keypoints", [*given, "--output", str(work)], work)
    with np.load(work / "keypoints2d.npz") as archive:
        found, fps = archive["keypoints2d"], float(archive["fps"])
        scores, names = archive["scores"], [str(name) for name in archive["views"]]
    shutil.rmtree(work)
    stems = {path.stem: camera for camera, path in videos.items()}
    rows = [VIEWS.index(stems[name]) for name in names]
    frames, joints = found.shape[1], found.shape[3]
    points = np.full((len(VIEWS), frames, joints, 3), np.nan, np.float32)
    sure = np.full((len(VIEWS), frames), -1, np.float32)
    # The wanted one is in the first column wherever it is seen.
    points[rows], sure[rows] = found[:, :, 0], np.nan_to_num(scores[:, :, 0], nan=-1)
    stamps = np.rint(np.arange(frames) * 1000 / fps).astype(np.int64)
    content = {"keypoints2d": points, "det_scores": sure, "timestamps": stamps}
    write_pickle(folder / KEYPOINTS_FILE, content)
    return measures


def cameras(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """The cameras of an environment, adjusted to frames of all of its sequences at once.

    The start is AIST's ring, or a calibration among the inputs.
    """
    from infer_multiview_triangulation.multiview_files import (
        read_cameras,
        read_detections,
        write_cameras_json,
    )
    from infer_multiview_triangulation.multiview_geometry import (
        Options,
        reconstruct,
        skeleton_of,
    )

    start = unit.inputs.get("cameras")
    sequences = [path for key, path in unit.inputs.items() if key.startswith("keypoints ")]
    a_sequence = max(1, MOST_FRAMES // len(sequences))
    taken = []
    for path in sequences:
        found = read_detections(path, "coco17", True).keypoints2d[:, :, 0]
        _forget(found, _bad_views(unit, path.stem))
        rows = np.linspace(0, found.shape[1] - 1, min(found.shape[1], a_sequence)).astype(int)
        taken.append(found[:, np.unique(rows)])
    points = np.concatenate(taken, axis=1)
    seen = [row for row in range(len(points)) if np.isfinite(points[row]).any()]
    known = read_cameras(start) if start else None
    result = reconstruct(
        points[seen][:, :, None],
        [camera for camera in known if camera.name in {VIEWS[row] for row in seen}]
        if known
        else None,
        skeleton_of("coco17", 17),
        # Frames of several sequences do not follow each other.
        Options(mode="estimate_cameras", start_cameras="aist", optimise=False, sync="off"),
        names=[VIEWS[row] for row in seen],
        sizes=[(1920, 1080)] * len(seen),
        fps=FPS,
    )
    write_cameras_json(folder / CAMERAS_FILE, result.cameras)
    quality = result.quality
    return {
        "frames": points.shape[1],
        "reprojection_median_px": quality["reprojection_median"],
        "left_out_median_px": quality["left_out_median"],
        "warnings": len(quality["warnings"]),
    }


def motion(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """A sequence's 3D keypoints and SMPL motion, in AIST++'s pickles beside the other files."""
    from infer_multiview_triangulation.multiview_files import read_cameras, read_detections

    source = unit.inputs["keypoints"]
    found = read_detections(source, "coco17", True)
    points, names = found.keypoints2d[:, :, 0].copy(), list(VIEWS[: len(found.views)])
    _forget(points, _bad_views(unit, source.stem))
    named = {camera.name for camera in read_cameras(unit.inputs["cameras"])}
    rows = [row for row, name in enumerate(names) if name in named]
    given = folder / ".keypoints2d.npz"
    content = {
        "keypoints2d": points[rows],
        "skeleton": "coco17",
        "fps": FPS,
        "views": [names[row] for row in rows],
        "timestamps": found.timestamps,
    }
    write_npz(given, content)
    arguments = ["--keypoints", str(given), "--cameras", str(unit.inputs["cameras"])]
    arguments += ["--set", "infer_multiview_triangulation.aist_pickle=True", "--units", "cm"]
    arguments.append("--no-preview")
    options = [text for text in unit.options if not text.startswith(BAD_VIEW)]
    try:
        return run_main("motion", [*arguments, *options, "--output", str(folder)], folder)
    finally:
        given.unlink(missing_ok=True)


def bad_view_options(views: Mapping[str, str], sequence: str = "") -> tuple[str, ...]:
    """A unit's options for views that are no use; of which sequence where there are several."""
    head = f"{sequence}:" if sequence else ""
    return tuple(f"{BAD_VIEW}{head}{view}" for view in views)


def _bad_views(unit: Unit, sequence: str) -> list[str]:
    told = [text.removeprefix(BAD_VIEW) for text in unit.options if text.startswith(BAD_VIEW)]
    parts = [text.rpartition(":") for text in told]
    return [view for of, _, view in parts if of in ("", sequence)]


def _forget(points: np.ndarray, views: Iterable[str]) -> None:
    for view in views:
        points[VIEWS.index(view)] = np.nan
