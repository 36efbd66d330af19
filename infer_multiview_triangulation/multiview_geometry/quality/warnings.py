"""What the figures say about calibration and set-up, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..camera import Camera
from ..points.errors import DEVIANT_FACTOR
from .figures import ViewQuality

MIN_PARALLAX, MAX_PARALLAX = 10.0, 170.0
BIASED_PIXELS, BIASED_FACTOR = 5.0, 3.0
# Detectors err by less than a hundredth of the focal length, half a degree.
POOR_SHARE = 0.01
# Of the largest distance between two cameras.
SAME_PLACE = 1e-3
REMEDY = "its calibration is wrong or it is late; try mode=refine_cameras or sync=report"


def coincidence_warnings(cameras: Sequence[Camera]) -> list[str]:
    """About cameras at one place: together they see no depth."""
    centres = np.stack([camera.centre for camera in cameras])
    distances = np.linalg.norm(centres[:, None] - centres, axis=-1)
    return [
        f"the cameras {cameras[a].name} and {cameras[b].name} stand at one place: points that "
        "only they see are unknown"
        for a, b in combinations(range(len(cameras)), 2)
        if distances[a, b] <= SAME_PLACE * distances.max()
    ]


def calibration_warnings(error: float | None, focal: float) -> list[str]:
    """About cameras none of which fits: next to the others no view stands out then.

    Args:
        error: Median pixels between what views saw and what the others say of it.
        focal: Typical focal length in pixels.
    """
    if error is None or error <= POOR_SHARE * focal:
        return []
    return [
        f"the views are {error:.0f} pixels apart from what the others say: the calibration does "
        "not fit, or the cameras stand in another order than the views; try mode=refine_cameras"
    ]


def parallax_warnings(angle: float | None) -> list[str]:
    """About views from nearly one direction."""
    if angle is None or MIN_PARALLAX <= angle <= MAX_PARALLAX:
        return []
    return [
        f"the views see the person under {angle:.0f} degrees of parallax at best: depth is "
        f"uncertain; {MIN_PARALLAX:.0f} to {MAX_PARALLAX:.0f} degrees are needed"
    ]


def view_warnings(views: Sequence[ViewQuality]) -> list[str]:
    """About views that are off as a whole, disagree with the others, or are of no use."""
    medians = [view["median"] for view in views if view["median"] is not None]
    typical = float(np.median(medians)) if medians else 0.0
    return [
        *(text for view in views for text in _disagreement(view, typical)),
        *(_uselessness(view) for view in views if view["median"] is None),
    ]


def _disagreement(view: ViewQuality, typical: float) -> list[str]:
    median, vector, inlier_share = view["median"], view["bias"], view["inlier_share"]
    if median is None or vector is None or inlier_share is None:
        return []
    bias = float(np.hypot(vector[0], vector[1]))
    if bias > max(BIASED_PIXELS, BIASED_FACTOR * typical) or (
        inlier_share < 0.5 and bias > BIASED_PIXELS
    ):
        return [
            f"view {view['name']} is off by ({vector[0]:+.0f}, {vector[1]:+.0f}) "
            f"pixels all the time: {REMEDY}"
        ]
    if median > max(BIASED_PIXELS, DEVIANT_FACTOR * typical):
        return [
            f"view {view['name']} disagrees with the others by {median:.0f} pixels, "
            f"they by {typical:.0f}: {REMEDY}"
        ]
    return []


def _uselessness(view: ViewQuality) -> str:
    if not view["observed"]:
        return f"view {view['name']} shows nobody: it is not used"
    return (
        f"view {view['name']} agrees with no other on any point: two cameras at one place, "
        "or a calibration that does not belong to these views"
    )
