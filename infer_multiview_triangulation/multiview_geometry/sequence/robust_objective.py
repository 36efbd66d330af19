"""A whole sequence at once: reprojection, constant bone lengths, smooth motion.

Gauss-Newton on all frames; a frame couples with the next two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ...infer_multiview_triangulation_kit.stopping import check_stop_inside
from ..points.errors import MEDIAN_LENGTH, finite_median, reprojection_errors
from ..points.linear import normal_terms
from ..points.rays import Rays
from .banded import BandedEquations
from .trajectories import bone_lengths, fill_gaps
from .uncertainty import marginal_errors

ITERATIONS, TRIAL_ITERATIONS = 10, 4
CONVERGED = 1e-4
WINDOW, OVERLAP = 600, 60
SECOND_DIFFERENCE = (1.0, -2.0, 1.0)
TINY = 1e-9


@dataclass(frozen=True)
class SequenceWeights:
    """Weights, in pixels of the picture so that they hold for every unit.

    Attributes:
        smooth: Of squared accelerations at 60 frames a second.
        bone: Of squared differences of bones from their length.
        frame_rate_scale: (60 / fps)^2: accelerations a frame grow at lower rates.
    """

    smooth: float = 1.0
    bone: float = 1.0
    frame_rate_scale: float = 1.0


@dataclass(frozen=True)
class SequenceEstimate:
    """Points of a sequence, in the cameras' world and unit.

    Attributes:
        points: (F, J, 3), NaN where unknown.
        sigma: (F, J) standard errors, NaN where unknown.
    """

    points: np.ndarray
    sigma: np.ndarray


def optimise_sequence(
    rays: Rays,
    start: np.ndarray,
    bones: np.ndarray,
    *,
    scale: float,
    weights: SequenceWeights | None = None,
    is_trial: bool = False,
) -> SequenceEstimate:
    """Refine ``start`` (F, J, 3), NaN where unknown, in windows of 600 frames.

    Unknown places between known ones are filled by the smoothness and the bones; joints that are
    known in no frame of a window stay NaN.

    Args:
        rays: Observations of the F * J points.
        bones: (B, 2) pairs of joints.
        scale: Pixels of Geman and McClure's robust weight.
        is_trial: Whether a few steps are enough, and no standard errors are wanted: they are NaN.
    """
    weights = weights or SequenceWeights()
    frames, joints = start.shape[:2]
    lengths = bone_lengths(start, bones)
    total, share = np.zeros_like(start), np.zeros((frames, joints))
    sigma = np.full((frames, joints), np.nan)
    for first in range(0, max(1, frames - OVERLAP), WINDOW - OVERLAP):
        rows = slice(first, min(frames, first + WINDOW))
        part = rays.of_points(slice(rows.start * joints, rows.stop * joints))
        with threadpool_limits(1, user_api="blas"):
            window = _Window(part, start[rows], bones, lengths, scale=scale, weights=weights)
            solved = window.solve(is_trial)
        window_share = _ramp(rows, frames)[:, None] * np.isfinite(solved.points[..., 0])
        total[rows] += np.nan_to_num(solved.points) * window_share[..., None]
        share[rows] += window_share
        sigma[rows] = np.fmin(sigma[rows], solved.sigma)
    known = share > 0
    points = np.full_like(start, np.nan)
    points[known] = total[known] / share[known][:, None]
    return SequenceEstimate(points, sigma)


def _ramp(rows: slice, frames: int) -> np.ndarray:
    """Weights of a window's frames: they rise and fall where windows overlap."""
    count = rows.stop - rows.start
    ramp = np.ones(count)
    edge = np.linspace(0, 1, OVERLAP + 2)[1:-1]
    if rows.start > 0:
        ramp[: min(OVERLAP, count)] = edge[: min(OVERLAP, count)]
    if rows.stop < frames:
        ramp[-OVERLAP:] *= edge[::-1]
    return ramp


class _Window:
    """The least squares of one window; unknowns are (frame, joint, axis) and bone lengths."""

    def __init__(
        self,
        rays: Rays,
        start: np.ndarray,
        bones: np.ndarray,
        lengths: np.ndarray,
        *,
        scale: float,
        weights: SequenceWeights,
    ) -> None:
        self._rays, self._scale = rays, scale
        self._frames, self._joints = start.shape[:2]
        self._known = np.any(np.isfinite(start[..., 0]), axis=0)
        usable = self._known[bones].all(axis=1) & np.isfinite(lengths) & (weights.bone > 0)
        self._bones, self._lengths = bones[usable], lengths[usable]
        self._start = fill_gaps(start)
        self._pixels = _pixels_per_unit(rays, self._start)
        self._bone_weight = weights.bone * self._pixels**2
        self._smooth_weight = 0.0
        if weights.smooth > 0 and self._frames > 2:
            smooth = weights.smooth * weights.frame_rate_scale**-2
            self._smooth_weight = smooth * self._pixels**2

    def solve(self, is_trial: bool) -> SequenceEstimate:
        points, lengths = self._start.copy(), self._lengths.copy()
        points[:, ~self._known] = 0
        for _ in range(TRIAL_ITERATIONS if is_trial else ITERATIONS):
            check_stop_inside("the optimisation")
            step, length_step = self._step(points, lengths)
            points += step
            lengths += length_step
            if np.abs(step).max(initial=0) * self._pixels < CONVERGED * self._scale:
                break
        if is_trial:
            points[:, ~self._known] = np.nan
            return SequenceEstimate(points, np.full(points.shape[:2], np.nan))
        information, _ = normal_terms(self._rays, points.reshape(-1, 3), self._scale)
        errors = marginal_errors(information.reshape(*points.shape, 3), self._smooth_weight)
        median = finite_median(reprojection_errors(self._rays, points.reshape(-1, 3)))
        # The standard deviation of a keypoint's coordinate in pixels.
        noise = self._scale if median is None else median / MEDIAN_LENGTH
        points[:, ~self._known] = errors[:, ~self._known] = np.nan
        return SequenceEstimate(points, noise * errors)

    def _step(self, points: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        equations = BandedEquations(
            self._frames,
            self._joints,
            len(self._bones),
            coupled_frames=2 if self._smooth_weight else 0,
        )
        hessian, gradient = normal_terms(self._rays, points.reshape(-1, 3), self._scale)
        equations.add_points(hessian.reshape(*points.shape, 3), gradient.reshape(points.shape))
        for bone, (i, j) in enumerate(self._bones):
            vector = points[:, i] - points[:, j]
            length = np.maximum(np.linalg.norm(vector, axis=-1), TINY)
            equations.add_bone(
                bone,
                (i, j),
                residuals=length - lengths[bone],
                by_vector=vector / length[:, None],
                by_length=np.full(self._frames, -1.0),
                weight=self._bone_weight,
            )
        if self._smooth_weight:
            equations.add_smoothness(points, SECOND_DIFFERENCE, self._smooth_weight)
        step, length_step = equations.solve()
        step[:, ~self._known] = 0
        return step, length_step


def _pixels_per_unit(rays: Rays, points: np.ndarray) -> float:
    """Pixels that one unit of length has on average, at the depth of what is observed."""
    depth = rays.residuals(points.reshape(-1, 3))[1]
    seen = rays.observed & (depth > TINY)
    if not seen.any():
        return 1.0
    focal = np.broadcast_to(rays.focal.mean(axis=1)[:, None], depth.shape)
    return float(np.median(focal[seen] / depth[seen]))
