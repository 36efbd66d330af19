"""What is given to a reconstruction, how it is to be done, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import anipose_engine
from .camera import Camera
from .skeletons import Skeleton
from .world.scale import check_scale
from .world.upright import check_up_axis

MODES = ("triangulate", "estimate_cameras", "refine_cameras")
METHODS = ("robust", "weighted", "plain")
ENGINES = ("native", "aniposelib")
PERSONS = ("main", "all")
CHOICES = {"mode": MODES, "method": METHODS, "engine": ENGINES, "objective": ("robust", "aist")}
MAX_OUTSIDE_SHARE = 0.2
# Pictures are many times larger, in pixels.
MOST_NORMALISED = 2.0
SCORE_PERCENTILE = 99
# How far beyond its picture a keypoint may lie, as a share of the picture's size.
MARGIN = 0.02


@dataclass(frozen=True)
class Options:
    """The task's parameters of the same names explain each."""

    mode: str = "triangulate"
    engine: str = "native"
    method: str = "robust"
    min_confidence: float = 0.15
    camera_confidence: float = 0.5
    optimise: bool = True
    objective: str = "robust"
    smooth: float | str = "auto"
    bone: float = 1.0
    repair_swaps: bool = True
    max_gap_fill: int = 30
    sync: str = "report"
    max_offset: int = 30
    person: int | str = "main"
    scale: str = "none"
    up_axis: str = "keep"
    units: str = "auto"
    start_cameras: str = "none"


@dataclass(frozen=True)
class Inputs:
    """2D keypoints of several views and what is known about them, as ``reconstruct`` explains."""

    keypoints: np.ndarray
    cameras: Sequence[Camera] | None
    skeleton: Skeleton
    names: Sequence[str]
    sizes: Sequence[tuple[int, int] | None]
    fps: float
    timestamps: np.ndarray | None

    def check(self, options: Options) -> None:
        """See that a reconstruction can be tried.

        Raises:
            ValueError: Fewer than two views, counts that differ, keypoints outside the picture, or
                options that name what there is not.
            ImportError: The engine is not installed.
        """
        self._check_counts()
        self._check_keypoints(options.min_confidence)
        for name, known in CHOICES.items():
            if (given := getattr(options, name)) not in known:
                raise ValueError(f"{name} {given!r} is not one of {', '.join(known)}")
        if not isinstance(options.person, int) and options.person not in PERSONS:
            raise ValueError(
                f"person {options.person!r} is not one of {', '.join(PERSONS)}, or a number"
            )
        if options.smooth != "auto" and not isinstance(options.smooth, (int, float)):
            raise ValueError(f"smooth {options.smooth!r} is neither auto nor a number")
        if options.engine == "aniposelib":
            anipose_engine.require()
        if self.cameras is not None:
            _check_cameras(self.cameras, confident(self.keypoints, options.min_confidence))
        known_as = self.names if self.cameras is None else [c.name for c in self.cameras]
        check_scale(options.scale, self.skeleton, known_as)
        check_up_axis(options.up_axis, self.skeleton)

    def _check_counts(self) -> None:
        shape = self.keypoints.shape
        if len(shape) != 5 or shape[-1] != 3:
            raise ValueError(f"keypoints must be (V, F, P, J, 3), they are {shape}")
        if not self.keypoints.size:
            raise ValueError(f"keypoints of shape {shape} hold nothing to reconstruct")
        if shape[0] < 2:
            raise ValueError("one view cannot be triangulated: give the keypoints of at least two")
        counted = (
            ("names", self.names, shape[0], "views"),
            ("sizes", self.sizes, shape[0], "views"),
            ("timestamps", self.timestamps, shape[1], "frames"),
        )
        for what, given, count, whose in counted:
            if given is not None and len(given) != count:
                raise ValueError(f"there are {len(given)} {what} for {count} {whose}: give all")

    def _check_keypoints(self, min_confidence: float) -> None:
        seen = confident(self.keypoints, 0)
        for name, xy in zip(self.names, seen[..., :2], strict=True):
            # Of the few pixels in a picture's corner nobody consists.
            if np.isfinite(xy).any() and np.nanpercentile(np.abs(xy), 95) <= MOST_NORMALISED:
                raise ValueError(
                    f"the keypoints of view {name} lie between 0 and 1: they are normalised, not "
                    "pixels; multiply x by the picture's width and y by its height"
                )
        if not np.isfinite(seen).any():
            return
        showing = np.isfinite(confident(seen, min_confidence)).any(axis=(1, 2, 3, 4))
        if not showing.any():
            raise ValueError(
                f"no keypoint reaches min_confidence {min_confidence:g} (the highest confidence is "
                f"{np.nanmax(seen[..., 2]):.2g}): lower it"
            )
        if showing.sum() == 1:
            shows = self.names[int(np.argmax(showing))]
            raise ValueError(
                f"only view {shows} shows anybody with a confidence of min_confidence "
                f"{min_confidence:g}: a point needs two views; look at what the detector found in "
                "the others, or lower min_confidence"
            )


def _check_cameras(cameras: Sequence[Camera], keypoints: np.ndarray) -> None:
    if len(cameras) != len(keypoints):
        raise ValueError(
            f"there are {len(keypoints)} views of keypoints and {len(cameras)} cameras "
            f"({', '.join(c.name for c in cameras)}): give one camera a view, in the same order"
        )
    for camera, view in zip(cameras, keypoints, strict=True):
        if camera.size is None:
            continue
        xy = view[np.isfinite(view).all(axis=-1)][:, :2]
        limit = (1 + MARGIN) * np.array(camera.size)
        outside = (xy > limit).any(axis=1) | (xy < -MARGIN * limit).any(axis=1)
        if len(xy) and outside.mean() > MAX_OUTSIDE_SHARE:
            raise ValueError(
                f"{outside.mean():.0%} of the keypoints of view {camera.name} lie outside its "
                f"picture of {camera.size[0]}x{camera.size[1]} pixels (the farthest at "
                f"{xy.max(axis=0).round()}): the detector ran at another resolution than the "
                "calibration"
            )


def in_view_order(
    cameras: Sequence[Camera], names: Sequence[str], warnings: list[str]
) -> list[Camera]:
    """The cameras of the views by name, where every view's name is a camera's; else unchanged.

    Files list cameras in orders of their own, and may hold some that have no view. What was done
    about that is added to ``warnings``.
    """
    by_name = {camera.name: camera for camera in cameras}
    if not set(names) <= set(by_name):
        return list(cameras)
    left_out = [name for name in by_name if name not in names]
    if left_out:
        warnings.append(f"no view has the name of camera {', '.join(left_out)}: left out")
    elif list(names) != list(by_name):
        warnings.append("the cameras stand in another order than the views: taken by name")
    return [by_name[name] for name in names]


def with_scores_to_one(keypoints: np.ndarray, warnings: list[str]) -> np.ndarray:
    """The keypoints (..., 3) with confidences of at most 1, as weights and thresholds take them.

    Some detectors write sums, percents or activations. Nearly all of these lie below the number
    that they are divided by, which is added to ``warnings``; the few beyond it count as 1.
    """
    known = keypoints[..., 2][np.isfinite(keypoints[..., 2])]
    if not len(known) or known.max() <= 1:
        return keypoints
    scale = max(1.0, float(np.percentile(known, SCORE_PERCENTILE)))
    if scale > 1:
        warnings.append(
            f"the keypoints' scores reach {known.max():.3g}: divided by {scale:.3g}, so that they "
            "lie between 0 and 1"
        )
    scaled = keypoints.copy()
    finite = np.isfinite(scaled[..., 2])
    scaled[finite, 2] = np.minimum(scaled[finite, 2] / scale, 1)
    return scaled


def confident(keypoints: np.ndarray, min_confidence: float) -> np.ndarray:
    """The keypoints (..., 3), NaN where one is missing or its confidence is below the least."""
    with np.errstate(invalid="ignore"):
        usable = keypoints[..., 2] >= max(min_confidence, 1e-6)
    usable &= np.isfinite(keypoints).all(axis=-1)
    return np.where(usable[..., None], keypoints, np.nan)
