"""Given cameras moved to where the keypoints say that they stand, judged on frames left out.

An adjustment always explains what it was fitted to. Whether it is better than the calibration is
seen in other frames, by what each view saw and the other views say of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..camera import Camera
from ..cameras.alignment import align_cameras
from ..points.errors import finite_median
from ..points.rays import rays_of
from ..quality.figures import left_out_errors
from ..quality.two_views import ray_distance
from .bundle import bundle_adjust
from .unposed import movement_doubts, pose_cameras

logger = logging.getLogger(__name__)

# Blocks of frames, of which every other one is left out; frames beside each other are alike.
BLOCKS, LEAST_FRAMES = 8, 32
# Beyond this share of the focal length, half a degree, the given cameras are no start to trust.
POOR_SHARE = 0.008
# The keypoints of views that are to be adjusted fill so much of their pictures, at least.
LEAST_FILLED = 0.03


@dataclass(frozen=True)
class Refinement:
    """Cameras and what speaks for them.

    Attributes:
        cameras: The adjusted ones, or the given where the adjusted predict worse.
        given, adjusted: Median pixels in frames that were not adjusted to, between what each view
            saw and what the others say; None where that cannot be told.
        doubts: Why they may be unreliable.
    """

    cameras: list[Camera]
    given: float | None
    adjusted: float | None
    doubts: list[str]


def refine_cameras(
    cameras: Sequence[Camera], keypoints: np.ndarray, free_intrinsics: bool
) -> Refinement:
    """Adjust cameras that were given.

    Where they are far off, poses from the people alone are tried as another start.

    Args:
        keypoints: (V, F, J, 3) pixels and confidence.
        free_intrinsics: As :func:`bundle_adjust` has it.

    Raises:
        ValueError: Hardly any point is seen by two views.
    """
    doubts = _doubts(cameras, keypoints)
    frames = keypoints.shape[1]
    if frames < LEAST_FRAMES:
        return Refinement(bundle_adjust(cameras, keypoints, free_intrinsics), None, None, doubts)
    is_judged = np.arange(frames) * BLOCKS // frames % 2 == 1
    fitted, judged = keypoints[:, ~is_judged], keypoints[:, is_judged]
    given = _disagreement(cameras, judged)
    try:
        starts = [list(cameras)]
        found = [bundle_adjust(cameras, fitted, free_intrinsics)]
    except ValueError:
        # Half of the frames show too little; all of them may not.
        return Refinement(bundle_adjust(cameras, keypoints, free_intrinsics), None, None, doubts)
    focal = float(np.median([camera.matrix[0, 0] for camera in cameras]))
    first = _disagreement(found[0], judged)
    if given is None or first is None:
        return Refinement(bundle_adjust(cameras, keypoints, free_intrinsics), None, None, doubts)
    errors = [first]
    if first > POOR_SHARE * focal:
        anew = _posed_anew(cameras, fitted, free_intrinsics)
        error = None if anew is None else _disagreement(anew, judged)
        if anew is not None and error is not None:
            starts.append(anew)
            errors.append(error)
    best = int(np.argmin(errors))
    if errors[best] >= given:
        doubts.append(
            f"the adjusted cameras predict frames that were left out no better ({errors[best]:.1f} "
            f"pixels) than the given ones ({given:.1f}): the given ones are kept"
        )
        return Refinement(list(cameras), given, errors[best], doubts)
    adjusted = bundle_adjust(starts[best], keypoints, free_intrinsics, keep_gauge=False)
    return Refinement(align_cameras(adjusted, cameras), given, errors[best], doubts)


def _posed_anew(
    cameras: Sequence[Camera], keypoints: np.ndarray, free_intrinsics: bool
) -> list[Camera] | None:
    """The cameras posed by the people alone, in the gauge of the given ones; None if that fails."""
    try:
        posed, _ = pose_cameras(cameras, keypoints, free_intrinsics=free_intrinsics)
    except ValueError as error:
        logger.info("no other start for the cameras: %s", error)
        return None
    return align_cameras(posed, cameras)


def _disagreement(cameras: Sequence[Camera], keypoints: np.ndarray) -> float | None:
    if len(cameras) == 2:
        return ray_distance(cameras, keypoints)
    return finite_median(np.concatenate(left_out_errors(rays_of(cameras, keypoints))))


def _doubts(cameras: Sequence[Camera], keypoints: np.ndarray) -> list[str]:
    """About people who hardly move, or fill little of the pictures."""
    doubts = movement_doubts(keypoints)
    filled = []
    for camera, view in zip(cameras, keypoints, strict=True):
        seen = view[np.isfinite(view).all(axis=-1)][:, :2]
        if camera.size is not None and len(seen):
            low, high = np.percentile(seen, (2, 98), axis=0)
            filled.append(float(np.prod((high - low) / np.array(camera.size))))
    if filled and np.median(filled) < LEAST_FILLED:
        doubts.append(
            f"what is seen fills {np.median(filled):.0%} of the pictures: adjusted cameras hold "
            "there, and may be off elsewhere; let somebody walk through the whole volume"
        )
    return doubts
