"""What comes out of a reconstruction, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .calibration.refinement import Refinement
from .camera import Camera
from .cameras.alignment import Similarity
from .capture import Capture, together
from .points.errors import finite_median, reprojection_errors
from .points.rays import joined_rays
from .quality.figures import Quality, best_parallax, left_out_errors, view_rows
from .quality.two_views import bone_warnings, ray_distance
from .quality.warnings import (
    doubtful_side_frames,
    set_up_warnings,
    side_warnings,
    view_warnings,
)
from .sequence.robust_objective import SequenceEstimate
from .sequence.smoothness import Smoothness
from .sequence.trajectories import bone_lengths, bone_pairs
from .skeletons import Skeleton
from .timing import Late
from .triangulate import FramePoints

UNKNOWN, MEASURED, INTERPOLATED, REJECTED = range(4)


@dataclass(frozen=True)
class Solved:
    """One person in the cameras' world, before the judgement."""

    capture: Capture
    frame_points: FramePoints
    estimate: SequenceEstimate
    smoothness: Smoothness

    @property
    def known(self) -> np.ndarray:
        """(F, J) bool."""
        return np.isfinite(self.estimate.points[..., 0])

    @property
    def mask(self) -> np.ndarray:
        """(F, J) uint8, as :class:`Reconstruction` explains."""
        known, measured = self.known, np.isfinite(self.frame_points.points[..., 0])
        seen = self.frame_points.rays.observed.sum(axis=0).reshape(known.shape)
        mask = np.full(known.shape, UNKNOWN, np.uint8)
        mask[(seen >= 2) & ~measured] = REJECTED
        mask[known & ~measured] = INTERPOLATED
        mask[measured] = MEASURED
        return mask


@dataclass(frozen=True)
class Reconstruction:
    """What came out about one person.

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


@dataclass(frozen=True)
class Reconstructions:
    """Those who were asked for, in one world, before the same cameras.

    Attributes:
        people: One or more, best seen first.
        quality: Of all of them together.
    """

    people: list[Reconstruction]
    quality: Quality

    @property
    def first(self) -> Reconstruction:
        """The best seen person; what belongs to the world is the same for all."""
        return self.people[0]

    @property
    def names(self) -> list[str]:
        """What files and reports call each: their numbers, from 0 on."""
        return [str(number) for number in range(len(self.people))]

    def stacked(self, name: str) -> np.ndarray:
        """(N, ...): the arrays of that name of all people."""
        return np.stack([getattr(person, name) for person in self.people])


def assemble(
    solved: Sequence[Solved],
    *,
    move: Similarity,
    units: str,
    up_axis: str | None,
    late: Late,
    warnings: Sequence[str],
    refinement: Refinement | None,
) -> Reconstructions:
    """Judge everybody's estimate and move everything into a world of these ``units`` and axis.

    Args:
        late: Frames by which each view is late.
        warnings: What was noticed on the way.
        refinement: How adjusted cameras were judged.
    """
    cameras = [move.camera(camera) for camera in solved[0].capture.cameras]
    own = [_judge([person], move.scale, late, warnings, refinement) for person in solved]
    people = [
        _moved(person, quality, move, cameras=cameras, units=units, up_axis=up_axis)
        for person, quality in zip(solved, own, strict=True)
    ]
    of_all = own[0] if len(own) == 1 else _judge(solved, move.scale, late, warnings, refinement)
    return Reconstructions(people, of_all)


def _judge(
    solved: Sequence[Solved],
    scale: float,
    late: Late,
    warnings: Sequence[str],
    refinement: Refinement | None,
) -> Quality:
    """Figures of one person, or of several as if their points were one's."""
    capture = solved[0].capture
    rays = joined_rays([person.frame_points.rays for person in solved])
    points = np.concatenate([person.estimate.points.reshape(-1, 3) for person in solved])
    triangulated = np.concatenate([p.frame_points.triangulation.points for p in solved])
    outliers = float(np.median([p.frame_points.triangulation.scale for p in solved]))
    mask = np.concatenate([person.mask for person in solved])
    errors = reprojection_errors(rays, points)
    angle = best_parallax(capture.cameras, triangulated)
    left_out = left_out_errors(rays)
    reprojection, others = finite_median(errors), finite_median(np.concatenate(left_out))
    views = view_rows(
        rays,
        points,
        scale=outliers,
        names=[camera.name for camera in capture.cameras],
        swapped=np.concatenate([person.frame_points.swapped for person in solved], axis=1),
        late=late,
        left_out=left_out,
    )
    bones = bone_pairs(capture.skeleton)
    margins = np.stack([person.frame_points.side_margins for person in solved]).min(axis=0)
    doubtful = doubtful_side_frames(margins)
    return Quality(
        views=views,
        outlier_scale=outliers,
        reprojection_median=reprojection,
        left_out_median=others,
        parallax_degrees=angle,
        measured_share=float((mask == MEASURED).mean()),
        interpolated_share=float((mask == INTERPOLATED).mean()),
        rejected_share=float((mask == REJECTED).mean()),
        side_margin=float(margins.min()) if np.isfinite(margins).any() else None,
        doubtful_side_frames=int(doubtful.sum()),
        smooth=solved[0].smoothness.smooth,
        bone=solved[0].smoothness.bone,
        smooth_curve=[list(point) for point in solved[0].smoothness.curve],
        held_out_given=refinement.given if refinement else None,
        held_out_adjusted=refinement.adjusted if refinement else None,
        warnings=[
            *warnings,
            *set_up_warnings(
                capture.cameras,
                error=_disagreement(solved) if others is None else others,
                focal=float(np.median(rays.focal)),
                angle=angle,
            ),
            *view_warnings(views),
            *side_warnings(doubtful),
            *(bone_warnings(solved[0].frame_points.points, bones) if len(views) == 2 else ()),
        ],
        scale=scale,
    )


def _moved(
    solved: Solved,
    quality: Quality,
    move: Similarity,
    *,
    cameras: list[Camera],
    units: str,
    up_axis: str | None,
) -> Reconstruction:
    capture, frame_points, estimate = solved.capture, solved.frame_points, solved.estimate
    known, triangulation = solved.known, frame_points.triangulation
    errors = reprojection_errors(frame_points.rays, estimate.points.reshape(-1, 3))
    moved, inliers = move(estimate.points), triangulation.inliers
    inlying_errors = np.ma.masked_invalid(np.where(inliers, errors, np.nan))
    return Reconstruction(
        keypoints3d=move(frame_points.points),
        keypoints3d_optim=moved,
        sigma=np.where(known, estimate.sigma, np.nan) * move.scale,
        reprojection_error=inlying_errors.mean(axis=0).filled(np.nan).reshape(known.shape),
        n_views=inliers.sum(axis=0).reshape(known.shape).astype(np.int16),
        mask=solved.mask,
        cameras=cameras,
        bone_lengths=bone_lengths(moved, bone_pairs(capture.skeleton)),
        quality=quality,
        keypoints2d=capture.keypoints,
        skeleton=capture.skeleton,
        fps=capture.fps,
        timestamps=capture.timestamps,
        units=units,
        up_axis=up_axis,
    )


def _disagreement(solved: Sequence[Solved]) -> float | None:
    """Median pixels by which the rays of two views miss each other; None of other numbers."""
    cameras = solved[0].capture.cameras
    keypoints = together([person.capture for person in solved])
    return ray_distance(cameras, keypoints) if len(cameras) == 2 else None
