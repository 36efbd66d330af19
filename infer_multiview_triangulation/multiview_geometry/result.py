"""What comes out of a reconstruction, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .camera import Camera
from .cameras.alignment import Similarity
from .capture import Capture
from .points.errors import finite_median, reprojection_errors
from .quality.figures import Quality, best_parallax, left_out_errors, view_rows
from .quality.two_views import bone_warnings, ray_distance
from .quality.warnings import set_up_warnings, view_warnings
from .sequence.robust_objective import SequenceEstimate
from .sequence.trajectories import bone_lengths, bone_pairs
from .skeletons import Skeleton
from .triangulate import FramePoints

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
        skeleton: What the J keypoints are.
        fps: Frames a second.
        timestamps: (F,).
        units: Unit of length: ``m``, ``cm``, ``mm`` or ``unknown``.
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
    quality: Quality
    keypoints2d: np.ndarray = field(repr=False)
    skeleton: Skeleton
    fps: float
    timestamps: np.ndarray = field(repr=False)
    units: str
    up_axis: str | None


def assemble(
    capture: Capture,
    frame_points: FramePoints,
    estimate: SequenceEstimate,
    *,
    move: Similarity,
    units: str,
    up_axis: str | None,
    offsets: Sequence[int] | None,
    warnings: Sequence[str],
) -> Reconstruction:
    """Judge ``estimate`` and ``move`` everything into a world of these ``units`` and axis.

    Args:
        offsets: Frames by which each view is late; None where nobody asked.
        warnings: What was noticed on the way.
    """
    bones = bone_pairs(capture.skeleton)
    points, rays = estimate.points.reshape(-1, 3), frame_points.rays
    triangulation = frame_points.triangulation
    known = np.isfinite(estimate.points[..., 0])
    mask = _mask(frame_points, known)
    errors = reprojection_errors(rays, points)
    angle = best_parallax(capture.cameras, triangulation.points)
    left_out = left_out_errors(rays)
    reprojection, others = finite_median(errors), finite_median(np.concatenate(left_out))
    views = view_rows(
        rays,
        points,
        scale=triangulation.scale,
        names=[camera.name for camera in capture.cameras],
        swapped=frame_points.swapped,
        late=offsets,
        left_out=left_out,
    )
    quality = Quality(
        views=views,
        outlier_scale=triangulation.scale,
        reprojection_median=reprojection,
        left_out_median=others,
        parallax_degrees=angle,
        measured_share=float((mask == MEASURED).mean()),
        interpolated_share=float((mask == INTERPOLATED).mean()),
        rejected_share=float((mask == REJECTED).mean()),
        warnings=[
            *warnings,
            *set_up_warnings(
                capture.cameras,
                error=_disagreement(capture) if others is None else others,
                focal=float(np.median(rays.focal)),
                angle=angle,
            ),
            *view_warnings(views),
            *(bone_warnings(frame_points.points, bones) if len(views) == 2 else ()),
        ],
        scale=move.scale,
    )
    moved, inliers = move(estimate.points), triangulation.inliers
    inlying_errors = np.ma.masked_invalid(np.where(inliers, errors, np.nan))
    return Reconstruction(
        keypoints3d=move(frame_points.points),
        keypoints3d_optim=moved,
        sigma=np.where(known, estimate.sigma, np.nan) * move.scale,
        reprojection_error=inlying_errors.mean(axis=0).filled(np.nan).reshape(known.shape),
        n_views=inliers.sum(axis=0).reshape(known.shape).astype(np.int16),
        mask=mask,
        cameras=[move.camera(camera) for camera in capture.cameras],
        bone_lengths=bone_lengths(moved, bones),
        quality=quality,
        keypoints2d=capture.keypoints,
        skeleton=capture.skeleton,
        fps=capture.fps,
        timestamps=capture.timestamps,
        units=units,
        up_axis=up_axis,
    )


def _disagreement(capture: Capture) -> float | None:
    """Median pixels by which the rays of two views miss each other; None of other numbers."""
    two = len(capture.cameras) == 2
    return ray_distance(capture.cameras, capture.keypoints) if two else None


def _mask(frame_points: FramePoints, known: np.ndarray) -> np.ndarray:
    """(F, J) uint8, from which points are ``known`` (F, J) after the optimisation."""
    measured = np.isfinite(frame_points.points[..., 0])
    seen = frame_points.rays.observed.sum(axis=0).reshape(known.shape)
    mask = np.full(known.shape, UNKNOWN, np.uint8)
    mask[(seen >= 2) & ~measured] = REJECTED
    mask[known & ~measured] = INTERPOLATED
    mask[measured] = MEASURED
    return mask
