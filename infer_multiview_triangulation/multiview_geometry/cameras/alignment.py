"""Cameras moved as a whole onto others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .camera import Camera
from .similarity import fit_similarity


def align_cameras(cameras: Sequence[Camera], targets: Sequence[Camera]) -> list[Camera]:
    """Move ``cameras`` as a whole onto ``targets``: centres and axes count alike."""
    world = fit_similarity(_centres_and_axes(cameras), _centres_and_axes(targets))
    return [world.camera(camera) for camera in cameras]


def _centres_and_axes(cameras: Sequence[Camera]) -> np.ndarray:
    """(4 V, 3): each camera's centre, and the ends of its axes, as long as centres are apart."""
    length = _spread(cameras)
    rows = [
        np.vstack([camera.centre, camera.centre + length * camera.rotation_matrix])
        for camera in cameras
    ]
    return np.concatenate(rows)


def _spread(cameras: Sequence[Camera]) -> float:
    centres = np.stack([camera.centre for camera in cameras])
    spread = np.linalg.norm(centres - centres.mean(axis=0), axis=1).mean()
    return float(spread) or 1.0
