"""A capture triangulated frame by frame, by the engine and method that the options name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import anipose_engine
from .capture import Capture
from .inputs import Options
from .points.errors import outlier_scale, reprojection_errors, view_weights
from .points.rays import Rays, rays_of
from .points.robust import Triangulation, triangulate_robust
from .points.triangulation import is_determinate, plain_dlt, weighted_dlt
from .sides.repair import repair_sides


@dataclass(frozen=True)
class FramePoints:
    """Points of each frame by itself, in the cameras' world.

    Attributes:
        points: (F, J, 3), NaN where unknown.
        rays: Observations of the F * J points, as they were used.
        triangulation: Of the F * J points.
        swapped: (V, F) bool, where left and right were exchanged back.
        side_margins: (F,) votes by which that is better than the next best explanation; infinite
            where nothing was in doubt.
    """

    points: np.ndarray
    rays: Rays
    triangulation: Triangulation
    swapped: np.ndarray
    side_margins: np.ndarray


def triangulate_capture(capture: Capture, options: Options) -> FramePoints:
    """Triangulate; the robust method also weighs down views that are off, and repairs swaps."""
    rays = rays_of(capture.cameras, capture.keypoints)
    swapped = np.zeros(capture.keypoints.shape[:2], bool)
    frames = len(capture.keypoints[0])
    margins = np.full(frames, np.inf)
    if options.engine == "aniposelib" or options.method != "robust":
        triangulation = _triangulate_linearly(capture, rays, options)
        # Points on which the views do not agree are kept.
        points = triangulation.points.reshape(frames, -1, 3)
        return FramePoints(points, rays, triangulation, swapped, margins)
    triangulation = triangulate_robust(rays)
    weights = view_weights(triangulation.errors)
    if (weights < 1).any():
        rays = rays.weighted(rays.weights * weights[:, None])
        triangulation = triangulate_robust(rays)
    if options.repair_swaps:
        repaired = repair_sides(rays, triangulation, capture.skeleton)
        rays, triangulation = repaired.rays, repaired.triangulation
        swapped, margins = repaired.exchanged, repaired.margins
    points = triangulation.agreed(frames)
    points[~is_determinate(rays, triangulation.points).reshape(frames, -1)] = np.nan
    return FramePoints(points, rays, triangulation, swapped, margins)


def _triangulate_linearly(capture: Capture, rays: Rays, options: Options) -> Triangulation:
    if options.engine == "aniposelib":
        points = anipose_engine.triangulate(capture.cameras, capture.keypoints).reshape(-1, 3)
    else:
        points = plain_dlt(rays) if options.method == "plain" else weighted_dlt(rays)
        points[~is_determinate(rays, points)] = np.nan
    errors = reprojection_errors(rays, points)
    return Triangulation(points, errors, outlier_scale(errors))
