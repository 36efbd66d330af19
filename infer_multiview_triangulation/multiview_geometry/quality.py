"""How good a reconstruction is: residuals a view, and each view predicted from the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from .camera import Camera
from .robust import APART_FACTOR, Triangulated, lengths_of, triangulate_robust
from .views import Rays

NARROW, WIDE = 10.0, 170.0
BIASED_PIXELS, BIASED_FACTOR = 5.0, 3.0
# Detectors err by less than a hundredth of the focal length, half a degree.
POOR_SHARE = 0.01
REMEDY = "its calibration is wrong or it is late; try mode=refine_cameras or sync=report"
LEFT_OUT_POINTS = 4000
SAME_PLACE = 1e-3


def view_quality(rays: Rays, points: np.ndarray, scale: float, names: Sequence[str]) -> list[dict]:
    """A dict a view of its residuals to ``points`` (N, 3), in pixels.

    Keys: name, observed (share of points), inlier_share, median, mad, bias (x, y).
    """
    off, _ = rays.residuals(points)
    lengths = lengths_of(rays, points)
    rows = []
    for view, name in enumerate(names):
        known = np.isfinite(lengths[view])
        length, vector = lengths[view, known], off[view, known]
        has = len(length) > 0
        median = float(np.median(length)) if has else None
        rows.append(
            {
                "name": name,
                "observed": float(rays.seen[view].mean()) if rays.seen.shape[1] else 0.0,
                "inlier_share": float((length < scale).mean()) if has else None,
                "median": median,
                "mad": float(np.median(np.abs(length - median))) if has else None,
                "bias": np.median(vector, axis=0).tolist() if has else None,
            }
        )
    return rows


def left_out_errors(rays: Rays, seed: int = 0) -> list[np.ndarray]:
    """For each view the pixels between what it saw and points that the other views made.

    With two views there is nothing to predict from: the arrays are empty.
    """
    views, count = rays.xy.shape[:2]
    if views < 3:
        return [np.zeros(0)] * views
    chosen = np.random.default_rng(seed).permutation(count)[:LEFT_OUT_POINTS]
    part = rays.part(np.sort(chosen))
    errors = []
    for view in range(views):
        others = np.arange(views) != view
        rest = Rays(
            part.extrinsics[others], part.focal[others], part.xy[others], part.weight[others]
        )
        own = lengths_of(part, triangulate_robust(rest).points)[view]
        errors.append(own[np.isfinite(own)])
    return errors


def parallax(cameras: Sequence[Camera], found: Triangulated) -> float | None:
    """The widest median angle in degrees under which two views see the points; None without."""
    points = found.points[np.isfinite(found.points).all(axis=1)]
    if not len(points):
        return None
    rays = [points - camera.centre for camera in cameras]
    rays = [ray / np.linalg.norm(ray, axis=1, keepdims=True) for ray in rays]
    angles = [
        np.degrees(np.median(np.arccos(np.clip((a * b).sum(axis=1), -1, 1))))
        for a, b in combinations(rays, 2)
    ]
    # 90 degrees locate a point best; 0 and 180 do not at all.
    return float(min(angles, key=lambda angle: abs(angle - 90)))


def coincident(cameras: Sequence[Camera]) -> list[str]:
    """Words about cameras at one place: together they see no depth."""
    centres = np.stack([camera.centre for camera in cameras])
    apart = np.linalg.norm(centres[:, None] - centres, axis=-1)
    return [
        f"the cameras {cameras[a].name} and {cameras[b].name} stand at one place: points that "
        "only they see are unknown"
        for a, b in combinations(range(len(cameras)), 2)
        if apart[a, b] <= SAME_PLACE * apart.max()
    ]


def calibration_warnings(apart: float | None, focal: float) -> list[str]:
    """Words about cameras none of which fits: next to the others no view stands out then.

    Args:
        apart: Median pixels between what views saw and what the others say of it.
        focal: Typical focal length in pixels.
    """
    if apart is None or apart <= POOR_SHARE * focal:
        return []
    return [
        f"the views are {apart:.0f} pixels apart from what the others say: the calibration does "
        "not fit, or the cameras stand in another order than the views; try mode=refine_cameras"
    ]


def geometry_warnings(views: list[dict], angle: float | None) -> list[str]:
    """What the figures say about calibration and set-up, in words."""
    warnings = []
    if angle is not None and not NARROW <= angle <= WIDE:
        warnings.append(
            f"the views see the person under {angle:.0f} degrees of parallax at best: depth is "
            f"uncertain; {NARROW:.0f} to {WIDE:.0f} degrees are needed"
        )
    known = [view for view in views if view["median"] is not None]
    middle = float(np.median([view["median"] for view in known])) if known else 0.0
    for view in known:
        bias = float(np.hypot(*view["bias"]))
        if bias > max(BIASED_PIXELS, BIASED_FACTOR * middle) or (
            view["inlier_share"] < 0.5 and bias > BIASED_PIXELS
        ):
            warnings.append(
                f"view {view['name']} is off by ({view['bias'][0]:+.0f}, {view['bias'][1]:+.0f}) "
                f"pixels all the time: {REMEDY}"
            )
        elif view["median"] > max(BIASED_PIXELS, APART_FACTOR * middle):
            warnings.append(
                f"view {view['name']} disagrees with the others by {view['median']:.0f} pixels, "
                f"they by {middle:.0f}: {REMEDY}"
            )
    return warnings + [
        f"view {view['name']} shows nobody: it is not used"
        if not view["observed"]
        else f"view {view['name']} agrees with no other on any point: two cameras at one place, "
        "or a calibration that does not belong to these views"
        for view in views
        if view["median"] is None
    ]
