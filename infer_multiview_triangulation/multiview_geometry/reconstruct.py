"""From 2D keypoints and cameras to 3D keypoints: the steps in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from . import anipose_engine
from .aist_objective import optimise_aist
from .alignment import IDENTITY, Similarity
from .bundle import adjust
from .camera import Camera
from .inputs import check, confident, in_view_order, synchronised, with_cameras
from .options import Options
from .result import Reconstruction, assemble
from .robust import Triangulated, lengths_of, scale_of, triangulate_robust, view_trust
from .sequence import SequenceOptions, optimise_sequence, triangulated_as
from .skeletons import Skeleton
from .swaps import repaired
from .triangulation import determinate, plain_dlt, weighted_dlt
from .views import Rays, rays_of
from .world import check_world, scaling, upright

logger = logging.getLogger(__name__)

DEFAULT_RATE = 60.0


def reconstruct(
    keypoints: np.ndarray,
    cameras: Sequence[Camera] | None,
    skeleton: Skeleton,
    options: Options | None = None,
    names: Sequence[str] = (),
    sizes: Sequence[tuple[int, int] | None] = (),
    fps: float | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Reconstruction:
    """Reconstruct one person.

    Args:
        keypoints: (V, F, P, J, 3) pixels and confidence of up to P people, NaN where missing.
        cameras: One a view, or None: they are estimated.
        names, sizes: Of the views. Cameras of the same names are taken by name, others in order;
            sizes are for views without cameras.
        fps: Frames a second; 60 where it is not known.

    Raises:
        ValueError: Fewer than two views, counts that differ, keypoints outside the picture, or
            options that name what there is not.
        InterruptedError: ``should_stop`` returned True.
    """
    options = options or Options()
    warnings: list[str] = []
    names = list(names) or [f"view{i + 1}" for i in range(len(keypoints))]
    if cameras is not None:
        cameras = in_view_order(cameras, names, warnings)
    check(keypoints, cameras, options, names, sizes)
    known_as = names if cameras is None else [camera.name for camera in cameras]
    check_world(options.scale, options.up_axis, skeleton, known_as)

    def step(name: str) -> None:
        if should_stop():
            raise InterruptedError("the reconstruction was stopped")
        logger.debug("multi-view reconstruction: %s", name)

    step("people and cameras")
    people = confident(keypoints, options.min_confidence)
    was_given = cameras is not None
    chosen, cameras = with_cameras(people, cameras, options, names, sizes, warnings)
    step("offsets")
    chosen, offsets = synchronised(chosen, cameras, options, warnings)
    if options.mode != "triangulate" or not was_given:
        step("camera adjustment")
        cameras = _adjusted(cameras, chosen, options, was_given)
    step("triangulation")
    rays = rays_of(cameras, chosen)
    found = _triangulated(rays, cameras, chosen, options)
    trust = view_trust(found.error)
    if _is_robust(options) and (trust < 1).any():
        rays = rays.weighted(rays.weight * trust[:, None])
        found = triangulate_robust(rays)
    swaps = np.zeros(chosen.shape[:2], bool)
    if options.repair_swaps and _is_robust(options):
        rays, swaps = repaired(rays, found.points, skeleton, chosen.shape[1], found.scale)
        if swaps.any():
            found = triangulate_robust(rays)
    raw = _points(rays, found, chosen.shape[1], options)
    step("optimisation")
    optimised, sigma = _optimised(rays, raw, found, cameras, chosen, skeleton, options, fps)
    world, up_axis = _world(optimised, skeleton, cameras, options, was_given, warnings)
    notes = {
        "swaps": swaps,
        "offsets": offsets,
        "warnings": warnings,
        "keypoints2d": chosen,
        "up_axis": up_axis,
    }
    return assemble(rays, found, raw, optimised, sigma, cameras, world, skeleton, notes)


def _is_robust(options: Options) -> bool:
    return options.engine == "native" and options.method == "robust"


def _adjusted(
    cameras: list[Camera], chosen: np.ndarray, options: Options, were_given: bool
) -> list[Camera]:
    seen = confident(chosen, options.camera_confidence)
    if options.engine == "aniposelib":
        return anipose_engine.adjust(cameras, seen)
    if not were_given and options.start_cameras == "none":
        # They have just been estimated from nothing; there is no gauge of the user's to keep.
        return cameras
    free_intrinsics = options.mode == "estimate_cameras" or not were_given
    return adjust(cameras, seen, free_intrinsics).cameras


def _triangulated(
    rays: Rays, cameras: list[Camera], chosen: np.ndarray, options: Options
) -> Triangulated:
    if _is_robust(options):
        return triangulate_robust(rays)
    if options.engine == "aniposelib":
        points = anipose_engine.triangulate(cameras, chosen).reshape(-1, 3)
    else:
        points = plain_dlt(rays) if options.method == "plain" else weighted_dlt(rays)
        points[~determinate(rays, points)] = np.nan
    error = lengths_of(rays, points)
    return Triangulated(points, rays.weight, error, scale_of(error))


def _points(rays: Rays, found: Triangulated, frames: int, options: Options) -> np.ndarray:
    """(F, J, 3); a plain triangulation keeps points on which the views do not agree."""
    if _is_robust(options):
        points = triangulated_as(found, frames)
        points[~determinate(rays, found.points).reshape(frames, -1)] = np.nan
        return points
    return found.points.reshape(frames, -1, 3)


def _optimised(
    rays: Rays,
    raw: np.ndarray,
    found: Triangulated,
    cameras: list[Camera],
    chosen: np.ndarray,
    skeleton: Skeleton,
    options: Options,
    fps: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    unknown = np.full(raw.shape[:2], np.nan)
    if not options.optimise or not np.isfinite(raw).any():
        return raw, unknown
    if options.engine == "aniposelib":
        solved = anipose_engine.optimise(cameras, chosen, skeleton.bones)
        never = ~np.isfinite(raw[..., 0]).any(axis=0)
        solved[:, never] = np.nan
        return solved, unknown
    bones = np.array(skeleton.bones, int).reshape(-1, 2)
    rate_scale = (DEFAULT_RATE / (fps or DEFAULT_RATE)) ** 2
    if options.objective == "aist":
        solved = optimise_aist(cameras, chosen, raw, bones)
    else:
        weights = SequenceOptions(options.smooth, options.bone, rate_scale)
        solved = optimise_sequence(rays, raw, bones, found.scale, weights)
    return _without_long_gaps(raw, solved.points, options.max_gap_fill), solved.sigma


def _without_long_gaps(raw: np.ndarray, solved: np.ndarray, most: int) -> np.ndarray:
    """NaN where a joint is unknown for more than ``most`` frames, or beyond its first and last."""
    out = solved.copy()
    known = np.isfinite(raw[..., 0])
    for joint in range(raw.shape[1]):
        places = np.flatnonzero(known[:, joint])
        if not len(places):
            out[:, joint] = np.nan
            continue
        out[: places[0], joint] = out[places[-1] + 1 :, joint] = np.nan
        for before, after in pairwise(places):
            if after - before - 1 > most:
                out[before + 1 : after, joint] = np.nan
    return out


def _world(
    points: np.ndarray,
    skeleton: Skeleton,
    cameras: list[Camera],
    options: Options,
    were_given: bool,
    warnings: list[str],
) -> tuple[Similarity, str | None]:
    """What the parameters ask for, and its upward axis if that is known.

    A world estimated from nothing stands along y.
    """
    world, up_axis = IDENTITY, None
    from_nothing = not were_given and options.start_cameras == "none"
    if np.isfinite(points).any() and (options.up_axis != "keep" or from_nothing):
        axis = "y" if options.up_axis == "keep" else options.up_axis
        try:
            world, up_axis = upright(points, skeleton, axis), axis
        except ValueError as error:
            warnings.append(f"the world stands as the cameras': {error}")
    moved = [world.camera(camera) for camera in cameras]
    return scaling(options.scale, world(points), skeleton, moved).after(world), up_axis
