"""From 2D keypoints and cameras to 3D keypoints: the steps in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..infer_multiview_triangulation_kit.stopping import ShouldStop, check_stop, never
from . import anipose_engine
from .camera import Camera
from .cameras.alignment import IDENTITY, Similarity
from .capture import (
    Capture,
    adjust_cameras,
    find_captures,
    tell_apart_again,
    together,
    wanted,
)
from .inputs import Inputs, Options, in_view_order, with_scores_to_one
from .picture_sizes import as_calibrated
from .quality.two_views import two_view_warnings
from .result import Reconstruction, Reconstructions, Solved, assemble
from .sequence.aist_objective import optimise_aist
from .sequence.robust_objective import SequenceEstimate, SequenceWeights, optimise_sequence
from .sequence.smoothness import DEFAULT_SMOOTH, Smoothness, choose_smoothness
from .sequence.trajectories import bone_pairs, open_long_gaps
from .skeletons import Skeleton
from .starting_cameras import CameraSource
from .triangulate import FramePoints, triangulate_capture
from .world.scale import scaled_world, unit_of
from .world.upright import upright_world

logger = logging.getLogger(__name__)

DEFAULT_FPS = 60.0


def reconstruct(
    keypoints: np.ndarray,
    cameras: Sequence[Camera] | None,
    skeleton: Skeleton,
    options: Options | None = None,
    **details: Any,
) -> Reconstruction:
    """Reconstruct one person: :func:`reconstruct_people` of whom only the first is returned."""
    return reconstruct_people(keypoints, cameras, skeleton, options, **details).first


def reconstruct_people(
    keypoints: np.ndarray,
    cameras: Sequence[Camera] | None,
    skeleton: Skeleton,
    options: Options | None = None,
    *,
    names: Sequence[str] = (),
    sizes: Sequence[tuple[int, int] | None] = (),
    fps: float | None = None,
    timestamps: np.ndarray | None = None,
    warnings: Sequence[str] = (),
    should_stop: ShouldStop = never,
) -> Reconstructions:
    """Reconstruct those whom the options ask for.

    Args:
        keypoints: (V, F, P, J, 3) pixels and confidence of up to P people, NaN where missing; or
            all points of a detector of whose columns the skeleton takes J. Confidences above 1 are
            scaled.
        cameras: One a view, or None: they are estimated.
        names, sizes: Of the views. Cameras of the same names are taken by name, others in order;
            sizes tell what is missing of cameras, or was calibrated at another size.
        fps: Frames a second; 60 where it is not known.
        timestamps: (F,), for those who read the result; the frames' numbers by default.
        warnings: What was odd about the inputs; the report's begin with them.

    Raises:
        ValueError: Fewer than two views, counts that differ, keypoints outside the picture, or
            options that name what there is not.
        Stopped: ``should_stop`` returned True.
    """
    options, noticed = options or Options(), list(warnings)
    if len(skeleton.columns) and keypoints.shape[3:4] == (skeleton.points,):
        keypoints = keypoints[:, :, :, list(skeleton.columns)]
    names = list(names) or [f"view{i + 1}" for i in range(len(keypoints))]
    inputs = Inputs(
        keypoints=with_scores_to_one(keypoints, noticed),
        cameras=cameras if cameras is None else in_view_order(cameras, names, noticed),
        skeleton=skeleton,
        names=names,
        sizes=list(sizes) or [None] * len(keypoints),
        fps=fps or DEFAULT_FPS,
        timestamps=timestamps,
    )
    inputs = as_calibrated(inputs, noticed)
    inputs.check(options)

    def begin(step: str) -> None:
        check_stop(should_stop, "the reconstruction")
        logger.debug("multi-view reconstruction: %s", step)

    begin("cameras, offsets, people")
    captures, people, late = find_captures(inputs, options, noticed, should_stop)
    if len(names) == 2 and captures[0].camera_source is CameraSource.GIVEN:
        max_offset = 0 if options.sync == "auto" else options.max_offset
        seen = together(captures)
        noticed += two_view_warnings(captures[0].cameras, seen, max_offset=max_offset)
    begin("camera adjustment")
    adjusted, refinement = adjust_cameras(captures, options, noticed)
    if people.shape[2] > 1 and adjusted is not captures:
        adjusted = tell_apart_again(adjusted, people, options, should_stop)
    solved, smoothness = [], None
    for capture in wanted(adjusted, options.person):
        begin("triangulation")
        frame_points = triangulate_capture(capture, options)
        begin("optimisation")
        if smoothness is None:
            # Who is seen best tells it for all, wanted or not: detectors err alike on everybody.
            best = adjusted[0]
            of_best = frame_points if capture is best else triangulate_capture(best, options)
            smoothness = _smoothness(best, of_best, options)
        estimate = _optimise(capture, frame_points, options, smoothness)
        solved.append(Solved(capture, frame_points, estimate, smoothness))
    move, units, up_axis = _find_world(solved, options, warnings=noticed)
    return assemble(
        solved,
        move=move,
        units=units,
        up_axis=up_axis,
        late=late,
        warnings=noticed,
        refinement=refinement,
    )


def _smoothness(capture: Capture, frame_points: FramePoints, options: Options) -> Smoothness:
    """The weights that the options name or, where they leave them to the data, the best."""
    is_used = options.optimise and options.engine == "native" and options.objective == "robust"
    if options.smooth != "auto":
        return Smoothness(float(options.smooth), options.bone)
    if not is_used or not np.isfinite(frame_points.points).any():
        return Smoothness(DEFAULT_SMOOTH, options.bone)
    return choose_smoothness(
        frame_points.rays,
        frame_points.points,
        bone_pairs(capture.skeleton),
        scale=frame_points.triangulation.scale,
        weights=_weights(capture, Smoothness(DEFAULT_SMOOTH, options.bone)),
    )


def _weights(capture: Capture, chosen: Smoothness) -> SequenceWeights:
    return SequenceWeights(chosen.smooth, chosen.bone, (DEFAULT_FPS / capture.fps) ** 2)


def _optimise(
    capture: Capture, frame_points: FramePoints, options: Options, chosen: Smoothness
) -> SequenceEstimate:
    """The points over time; the triangulated ones where the options ask for no optimisation."""
    points = frame_points.points
    sigma = np.full(points.shape[:2], np.nan)
    if not options.optimise or not np.isfinite(points).any():
        return SequenceEstimate(points, sigma)
    if options.engine == "aniposelib":
        solved = anipose_engine.optimise(capture.cameras, capture.keypoints, capture.skeleton.bones)
        solved[:, ~np.isfinite(points[..., 0]).any(axis=0)] = np.nan
        return SequenceEstimate(solved, sigma)
    bones = bone_pairs(capture.skeleton)
    if options.objective == "aist":
        solved = optimise_aist(capture.cameras, capture.keypoints, points, bones=bones)
    else:
        estimate = optimise_sequence(
            frame_points.rays,
            points,
            bones,
            scale=frame_points.triangulation.scale,
            weights=_weights(capture, chosen),
        )
        solved, sigma = estimate.points, estimate.sigma
    return SequenceEstimate(open_long_gaps(solved, points, options.max_gap_fill), sigma)


def _find_world(
    solved: Sequence[Solved], options: Options, *, warnings: list[str]
) -> tuple[Similarity, str, str | None]:
    """The move, unit and axis asked for; a world estimated from nothing stands along y.

    Everybody tells what is up, the first how large the world is. Where up cannot be found, that is
    added to ``warnings``.
    """
    similarity, up_axis = IDENTITY, None
    capture, first = solved[0].capture, solved[0].estimate.points
    points = np.concatenate([person.estimate.points for person in solved])
    from_nothing = capture.camera_source is CameraSource.PEOPLE
    if np.isfinite(points).any() and (options.up_axis != "keep" or from_nothing):
        axis = "y" if options.up_axis == "keep" else options.up_axis
        try:
            similarity, up_axis = upright_world(points, capture.skeleton, axis), axis
        except ValueError as error:
            warnings.append(f"the world stands as the cameras': {error}")
    cameras = [similarity.camera(camera) for camera in capture.cameras]
    scaling = scaled_world(options.scale, similarity(first), capture.skeleton, cameras=cameras)
    similarity = scaling.after(similarity)
    has_unit = options.scale != "none" or options.units != "auto" or not from_nothing
    units = unit_of(similarity(points), options.units) if has_unit else "unknown"
    return similarity, units, up_axis
