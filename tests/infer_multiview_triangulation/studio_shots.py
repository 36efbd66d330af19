"""Shots of the synthetic studio that several tests look at, and how far a result is off."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from infer_multiview_triangulation.multiview_geometry import (
    SKELETONS,
    Camera,
    Options,
    Reconstruction,
    reconstruct,
)
from infer_multiview_triangulation.multiview_geometry.cameras.alignment import align_cameras
from workflows.synthetic_capture import TYPICAL, Faults, detect, stick_dancer, studio


class Shot(NamedTuple):
    """Cameras, the truth (F, J, 3), and what detectors say of it (V, F, J, 3)."""

    cameras: list[Camera]
    points: np.ndarray
    keypoints: np.ndarray
    skeleton: str = "coco17"


def shot(
    seed: int,
    frames: int,
    faults: Faults = TYPICAL,
    skeleton: str = "coco17",
    views: Sequence[int] = range(1, 10),
) -> Shot:
    cameras = studio(views, seed=seed)
    points = stick_dancer(frames, skeleton, seed=seed + 1)
    return Shot(cameras, points, detect(points, cameras, skeleton, faults, seed + 2), skeleton)


def solve(
    taken: Shot, keypoints: np.ndarray | None = None, cameras: object = "own", **options: object
) -> Reconstruction:
    """Reconstruct one person of a shot, or of other keypoints or cameras in its place."""
    keypoints = taken.keypoints if keypoints is None else keypoints
    people = keypoints if keypoints.ndim == 5 else keypoints[:, :, None]
    own = taken.cameras if len(taken.cameras) == len(people) else []
    return reconstruct(
        people,
        taken.cameras if isinstance(cameras, str) else cameras,
        SKELETONS[taken.skeleton],
        Options(**options),
        names=[camera.name for camera in own],
        sizes=[camera.size for camera in own],
    )


def error(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of the points that are known; no point known is no success."""
    off = np.linalg.norm(found - truth, axis=-1)
    assert np.isfinite(off).any()
    return float(np.nanmean(off))


def centre_error(found: Sequence[Camera], truth: Sequence[Camera]) -> float:
    """Mean distance of the cameras' centres after a similarity."""
    aligned = align_cameras(found, truth)
    return float(
        np.mean([np.linalg.norm(a.centre - b.centre) for a, b in zip(aligned, truth, strict=True)])
    )
