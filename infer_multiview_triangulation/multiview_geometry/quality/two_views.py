"""What two views tell of their cameras, where no third one predicts either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..camera import Camera
from ..cameras.epipolar import epipolar_distances, homogeneous
from ..points.errors import finite_median
from ..sequence.synchronisation import find_offsets, shift_views

# Rays that miss each other by less are a detector's.
MIN_MISS_PIXELS = 5.0
# How many times nearer rays pass once the cameras are exchanged, where they were.
EXCHANGE_GAIN = 3.0
# What is left of the rays' distance once a delay is corrected, where there was one.
DELAY_GAIN = 0.9
# Share of a bone by which frames differ from its median, at the median over frames and bones.
MAX_BONE_SPREAD = 0.1
# One frame is within what shutters differ by.
MIN_DELAY = 2
MAX_FRAMES = 2000
TINY = 1e-12


def ray_distance(cameras: Sequence[Camera], keypoints: np.ndarray) -> float | None:
    """Median pixels by which the rays of two views' keypoints (2, F, J, 3) miss each other.

    None where they show nothing together. Of a long clip frames are sampled.
    """
    keypoints = keypoints[:, :: 1 + keypoints.shape[1] // MAX_FRAMES]
    xy = [homogeneous(camera, view) for camera, view in zip(cameras, keypoints, strict=True)]
    return finite_median(epipolar_distances(cameras[0], cameras[1], xy[0], xy[1]))


def two_view_warnings(
    cameras: Sequence[Camera], keypoints: np.ndarray, *, max_offset: int
) -> list[str]:
    """About two cameras that stand exchanged, or a view that is late.

    Args:
        keypoints: (2, F, J, 3) pixels and confidence, NaN where missing.
        max_offset: The largest delay that is looked for, in frames; 0 for none.
    """
    given, exchanged = (ray_distance(order, keypoints) for order in (cameras, cameras[::-1]))
    if given is None or exchanged is None:
        return []
    if given > max(MIN_MISS_PIXELS, EXCHANGE_GAIN * exchanged):
        return [
            f"the cameras {cameras[0].name} and {cameras[1].name} stand in the other order than "
            f"the views: as they are, rays miss each other by {given:.0f} pixels, exchanged by "
            f"{exchanged:.0f}; exchange them in the calibration, or give them the views' names"
        ]
    offsets = find_offsets(cameras, keypoints[:, :, None], max_offset)
    first, second = (int(frames) for frames in offsets.frames)
    if not offsets.certain.all() or abs(second - first) < MIN_DELAY:
        return []
    corrected = ray_distance(cameras, shift_views(keypoints, offsets.frames))
    if corrected is None or corrected > DELAY_GAIN * given:
        return []
    late, other = (1, 0) if second > first else (0, 1)
    return [
        f"view {cameras[late].name} seems to be {abs(second - first)} frames late next to "
        f"{cameras[other].name}: set sync=auto to correct it"
    ]


def bone_warnings(points: np.ndarray, bones: np.ndarray) -> list[str]:
    """About bones whose lengths change, by points (F, J, 3) of single frames and pairs (B, 2).

    The longer half of the bones counts: noise changes short ones most.
    """
    lengths = np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1)
    lengths = lengths[:, np.isfinite(lengths).any(axis=0)]
    if not lengths.size:
        return []
    typical = np.nanmedian(lengths, axis=0)
    spread = np.nanmedian(np.abs(lengths - typical), axis=0) / np.maximum(typical, TINY)
    share = float(np.median(spread[typical >= np.median(typical)]))
    if share <= MAX_BONE_SPREAD:
        return []
    return [
        f"the lengths of the bones vary by {share:.0%} from frame to frame: a view is late, the "
        "calibration does not fit, or the keypoints are that inexact; try sync=auto or "
        "mode=refine_cameras"
    ]
