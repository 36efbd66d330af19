"""What comes out of a reconstruction, and how it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .alignment import Similarity
from .camera import Camera
from .quality import (
    calibration_warnings,
    coincident,
    geometry_warnings,
    left_out_errors,
    parallax,
    view_quality,
)
from .robust import Triangulated, lengths_of
from .sequence import bone_lengths
from .skeletons import Skeleton
from .views import Rays

UNKNOWN, MEASURED, INTERPOLATED, REJECTED = range(4)


@dataclass(frozen=True)
class Reconstruction:
    """What came out.

    Attributes:
        keypoints3d: (F, J, 3) triangulated frame by frame, NaN where unknown.
        keypoints3d_optim: (F, J, 3) optimised over the sequence; equal to the former without.
        sigma: (F, J) standard error in the world's unit.
        reprojection_error: (F, J) mean pixels over the inlying views.
        n_views: (F, J) how many views agree.
        mask: (F, J) uint8: 0 unknown, 1 measured, 2 interpolated, 3 rejected (seen by two views
            or more, which do not agree).
        cameras: Used or estimated.
        bone_lengths: (B,) of the skeleton's bones, in the world's unit.
        quality: Plain numbers and texts; the task's README explains each key.
        keypoints2d: (V, F, J, 3) of the one person, as they were used.
        up_axis: ``y`` or ``z`` where the world was turned so; None: as the cameras'.
    """

    keypoints3d: np.ndarray
    keypoints3d_optim: np.ndarray
    sigma: np.ndarray
    reprojection_error: np.ndarray
    n_views: np.ndarray
    mask: np.ndarray
    cameras: list[Camera]
    bone_lengths: np.ndarray
    quality: dict
    keypoints2d: np.ndarray = field(repr=False, default=None)
    up_axis: str | None = None


def assemble(
    rays: Rays,
    found: Triangulated,
    raw: np.ndarray,
    optimised: np.ndarray,
    sigma: np.ndarray,
    cameras: list[Camera],
    world: Similarity,
    skeleton: Skeleton,
    notes: dict,
) -> Reconstruction:
    """Judge ``optimised`` and move everything into ``world``.

    Args:
        raw, optimised: (F, J, 3) in the cameras' world.
        sigma: (F, J).
        notes: ``swaps`` (V, F) bool, ``offsets`` (V,) or None, ``warnings``, ``keypoints2d``,
            ``up_axis``.
    """
    grid = raw.shape[:2]
    known, measured = np.isfinite(optimised[..., 0]), np.isfinite(raw[..., 0])
    seen = rays.seen.sum(axis=0).reshape(grid)
    mask = np.full(grid, UNKNOWN, np.uint8)
    mask[(seen >= 2) & ~measured] = REJECTED
    mask[known & ~measured] = INTERPOLATED
    mask[measured] = MEASURED
    lengths = lengths_of(rays, optimised.reshape(-1, 3))
    bones = np.array(skeleton.bones, int).reshape(-1, 2)
    moved = world(optimised)
    return Reconstruction(
        world(raw),
        moved,
        np.where(known, sigma, np.nan) * world.scale,
        _mean(np.where(found.inliers, lengths, np.nan)).reshape(grid),
        found.inliers.sum(axis=0).reshape(grid).astype(np.int16),
        mask,
        [world.camera(camera) for camera in cameras],
        bone_lengths(moved, bones),
        _quality(rays, found, optimised, cameras, mask, notes) | {"scale": world.scale},
        notes["keypoints2d"],
        notes["up_axis"],
    )


def _quality(
    rays: Rays,
    found: Triangulated,
    optimised: np.ndarray,
    cameras: list[Camera],
    mask: np.ndarray,
    notes: dict,
) -> dict:
    points = optimised.reshape(-1, 3)
    views = view_quality(rays, points, found.scale, [camera.name for camera in cameras])
    left_out = left_out_errors(rays)
    for index, row in enumerate(views):
        row["swapped_frames"] = int(notes["swaps"][index].sum())
        row["late_frames"] = notes["offsets"][index] if notes["offsets"] is not None else None
        row["left_out_median"] = _median(left_out[index])
    angle = parallax(cameras, found)
    reprojection, others = _median(lengths_of(rays, points)), _median(np.concatenate(left_out))
    apart = reprojection if others is None else others
    warnings = [
        *notes["warnings"],
        *coincident(cameras),
        *calibration_warnings(apart, float(np.median(rays.focal))),
        *geometry_warnings(views, angle),
    ]
    return {
        "views": views,
        "outlier_scale": found.scale,
        "reprojection_median": reprojection,
        "left_out_median": others,
        "parallax_degrees": angle,
        "measured_share": float((mask == MEASURED).mean()),
        "interpolated_share": float((mask == INTERPOLATED).mean()),
        "rejected_share": float((mask == REJECTED).mean()),
        "warnings": warnings,
    }


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _mean(error: np.ndarray) -> np.ndarray:
    count = np.isfinite(error).sum(axis=0)
    return np.where(count > 0, np.nansum(error, axis=0) / np.maximum(count, 1), np.nan)
