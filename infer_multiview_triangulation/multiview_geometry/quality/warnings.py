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
# Votes of observations by which left and right must be clearer than exchanged.
SURE_VOTES = 2.5
# Fewer frames are bridged by the optimisation, whatever is true of them.
LEAST_DOUBTFUL = 3
# Doubtful frames that are no farther apart are told as one stretch, and so many stretches.
SAME_STRETCH, MOST_STRETCHES = 10, 3
REMEDY = "its calibration is wrong or it is late; try mode=refine_cameras or sync=auto"


def set_up_warnings(
    cameras: Sequence[Camera], *, error: float | None, focal: float, angle: float | None
) -> list[str]:
    """About cameras at one place, a calibration none of which fits, and too little parallax.

    Where no camera fits, none stands out next to the others.

    Args:
        error: Median pixels between what views saw and what the others say of it.
        focal: Typical focal length in pixels.
        angle: Degrees of parallax between the best two views.
    """
    centres = np.stack([camera.centre for camera in cameras])
    distances = np.linalg.norm(centres[:, None] - centres, axis=-1)
    texts = [
        f"the cameras {cameras[a].name} and {cameras[b].name} stand at one place: points that "
        "only they see are unknown"
        for a, b in combinations(range(len(cameras)), 2)
        if distances[a, b] <= SAME_PLACE * distances.max()
    ]
    if error is not None and error > POOR_SHARE * focal:
        texts.append(
            f"the views are {error:.0f} pixels apart from what the others say: the calibration "
            "does not fit, or the cameras stand in another order than the views; try "
            "mode=refine_cameras"
        )
    if angle is not None and not MIN_PARALLAX <= angle <= MAX_PARALLAX:
        texts.append(
            f"the views see the person under {angle:.0f} degrees of parallax at best: depth is "
            f"uncertain; {MIN_PARALLAX:.0f} to {MAX_PARALLAX:.0f} degrees are needed"
        )
    return texts


def view_warnings(views: Sequence[ViewQuality]) -> list[str]:
    """About views that are off as a whole, disagree with the others, or are of no use."""
    medians = [view["median"] for view in views if view["median"] is not None]
    typical = float(np.median(medians)) if medians else 0.0
    return list(filter(None, (_view_warning(view, typical) for view in views)))


def _view_warning(view: ViewQuality, typical: float) -> str:
    """What is wrong with a view next to the ``typical`` median of all; empty if nothing is."""
    name, median, vector = view["name"], view["median"], view["bias"]
    if not view["observed"]:
        return f"view {name} shows nobody: it is not used"
    if median is None or vector is None:
        return (
            f"view {name} agrees with no other on any point: two cameras at one place, "
            "or a calibration that does not belong to these views"
        )
    bias, is_outside = float(np.linalg.norm(vector)), (view["inlier_share"] or 0) < 0.5
    if bias > BIASED_PIXELS and (is_outside or bias > BIASED_FACTOR * typical):
        return (
            f"view {name} is off by ({vector[0]:+.0f}, {vector[1]:+.0f}) "
            f"pixels all the time: {REMEDY}"
        )
    if median > max(BIASED_PIXELS, DEVIANT_FACTOR * typical):
        return (
            f"view {name} disagrees with the others by {median:.0f} pixels, "
            f"they by {typical:.0f}: {REMEDY}"
        )
    return ""


def doubtful_side_frames(margins: np.ndarray) -> np.ndarray:
    """(F,) bool: frames whose left and right may be exchanged, by their votes (F,)."""
    return margins < SURE_VOTES


def side_warnings(doubtful: np.ndarray) -> list[str]:
    """About frames (F,) bool whose left and right may be exchanged."""
    frames = np.flatnonzero(doubtful)
    stretches = np.split(frames, np.flatnonzero(np.diff(frames) > SAME_STRETCH) + 1)
    stretches = [stretch for stretch in stretches if len(stretch) >= LEAST_DOUBTFUL]
    if not stretches:
        return []
    told = [f"{stretch[0]} to {stretch[-1]}" for stretch in stretches]
    more = f" and {len(told) - MOST_STRETCHES} more stretches" if len(told) > MOST_STRETCHES else ""
    return [
        f"left and right may be exchanged in frames {', '.join(told[:MOST_STRETCHES])}{more}: the "
        "views contradict each other there; look at them, or add a view"
    ]
