"""How well calibrated cameras explain pictures of the board that they were not calibrated by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..multiview_geometry.camera import Camera
from ..multiview_geometry.points.rays import rays_of
from ..multiview_geometry.points.triangulation import weighted_dlt
from .adjustment import place_board
from .poses import Rigid

# Pixels; what misses by more is no matter of the lens.
MOST_COUNTED = 5.0
# A corner counts as explained within so many times the usual error, and never below a pixel.
INLIER_FACTOR, LEAST_INLIER = 3.0, 1.0


@dataclass(frozen=True)
class HeldOut:
    """Errors at moments that were not calibrated by.

    Attributes:
        left_out: Of each view the pixels by which what the other views say of the board misses
            its corners, median; NaN where no other view saw it.
        distances: Metres by which distances between triangulated corners are wrong, median; NaN
            where no two views saw the board.
    """

    left_out: np.ndarray
    distances: float


def held_out_score(
    cameras: Sequence[Camera], boards: Rigid, pixels: np.ndarray, corners: np.ndarray
) -> float:
    """Pixels by which boards, each placed anew by all views, miss their corners.

    The root of the mean square, cut off at :data:`MOST_COUNTED`; infinite without moments.

    Args:
        boards: To world, of H moments, roughly.
        pixels: (V, H, C, 2), NaN where unseen.
        corners: (C, 3) of the board.
    """
    found = []
    for moment in range(pixels.shape[1]):
        pose = place_board(boards[moment], cameras, pixels[:, moment], corners)
        shown = np.stack([camera.project(pose(corners)) for camera in cameras])
        missed = np.linalg.norm(shown - pixels[:, moment], axis=-1)
        found.append(missed[np.isfinite(missed)])
    if not found:
        return np.inf
    return float(np.sqrt((np.minimum(np.concatenate(found), MOST_COUNTED) ** 2).mean()))


def held_out_errors(
    cameras: Sequence[Camera], boards: Rigid, pixels: np.ndarray, corners: np.ndarray
) -> HeldOut:
    """Judge cameras; the arguments are those of :func:`held_out_score`."""
    errors: list[list[np.ndarray]] = [[] for _ in cameras]
    for moment in range(pixels.shape[1]):
        saw = np.isfinite(pixels[:, moment, :, 0]).any(axis=1)
        for view in np.flatnonzero(saw).tolist() if saw.sum() > 1 else ():
            others = pixels[:, moment].copy()
            others[view] = np.nan
            pose = place_board(boards[moment], cameras, others, corners)
            shown = cameras[view].project(pose(corners))
            errors[view].append(np.linalg.norm(shown - pixels[view, moment], axis=-1))
    medians = np.array([_median(found) for found in errors])
    return HeldOut(medians, _distance_error(cameras, pixels, corners))


def _median(found: Sequence[np.ndarray]) -> float:
    values = np.concatenate(found) if found else np.zeros(0)
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


def _distance_error(cameras: Sequence[Camera], pixels: np.ndarray, corners: np.ndarray) -> float:
    views, moments, count = pixels.shape[:3]
    if views < 2 or not moments:
        return np.nan
    seen = np.isfinite(pixels[..., 0])
    keypoints = np.concatenate([pixels, np.where(seen, 1.0, np.nan)[..., None]], axis=-1)
    points = weighted_dlt(rays_of(cameras, keypoints.reshape(views, -1, 3)))
    points = points.reshape(moments, count, 3)
    first, second = np.triu_indices(count, 1)
    truth = np.linalg.norm(corners[first] - corners[second], axis=-1)
    found = np.linalg.norm(points[:, first] - points[:, second], axis=-1)
    errors = np.abs(found - truth)
    errors = errors[np.isfinite(errors)]
    return float(np.median(errors)) if len(errors) else np.nan


def reprojection_errors(
    cameras: Sequence[Camera], boards: Rigid, pixels: np.ndarray, corners: np.ndarray
) -> np.ndarray:
    """Pixels (V, B, C) between corners and where they ought to be; NaN where unseen."""
    points = boards(corners)
    shown = np.stack([camera.project(points) for camera in cameras])
    return np.linalg.norm(shown - pixels, axis=-1)
