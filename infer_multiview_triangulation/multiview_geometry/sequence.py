"""A whole sequence at once: reprojection, constant bone lengths, smooth motion.

Gauss-Newton on all frames. A frame couples only with the next two, so the normal equations are
banded and solved exactly; bone lengths are free unknowns that border the band.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded
from threadpoolctl import threadpool_limits

from .robust import Triangulated, lengths_of, robust_weight
from .uncertainty import marginal_errors
from .views import Rays

ITERATIONS = 10
CONVERGED = 1e-4
WINDOW, OVERLAP = 600, 60
SECOND_DIFFERENCE = (1.0, -2.0, 1.0)
TINY = 1e-9


@dataclass(frozen=True)
class SequenceOptions:
    """Weights, in pixels of the picture so that they hold for every unit.

    Attributes:
        smooth: Weight of squared accelerations at 60 frames a second.
        bone: Weight of squared differences of bones from their length.
        frame_rate_scale: (60 / fps)^2: accelerations a frame grow at lower rates.
    """

    smooth: float = 1.0
    bone: float = 1.0
    frame_rate_scale: float = 1.0


@dataclass(frozen=True)
class Solved:
    """Points (F, J, 3), bone lengths (B,), and standard errors in the cameras' unit (F, J)."""

    points: np.ndarray
    lengths: np.ndarray
    sigma: np.ndarray


def optimise_sequence(
    rays: Rays,
    start: np.ndarray,
    bones: np.ndarray,
    scale: float,
    options: SequenceOptions | None = None,
) -> Solved:
    """Refine ``start`` (F, J, 3), NaN where unknown, in windows of 600 frames.

    Unknown places between known ones are filled by the smoothness and the bones; joints that are
    known in no frame of a window stay NaN.

    Args:
        rays: Observations of the F * J points.
        bones: (B, 2) pairs of joints.
        scale: Pixels of Geman and McClure's robust weight.
    """
    options = options or SequenceOptions()
    frames, joints = start.shape[:2]
    points, sigma = np.full_like(start, np.nan), np.full((frames, joints), np.nan)
    lengths = bone_lengths(start, bones)
    step = max(1, WINDOW - OVERLAP)
    blend = np.zeros((frames, joints))
    total = np.zeros_like(start)
    for first in range(0, max(1, frames - OVERLAP), step):
        rows = slice(first, min(frames, first + WINDOW))
        part = rays.part(slice(rows.start * joints, rows.stop * joints))
        with threadpool_limits(1, user_api="blas"):
            window = _Window(part, start[rows], bones, lengths, scale, options)
            solved, error = window.solve()
        share = _ramp(rows, frames)[:, None] * np.isfinite(solved[..., 0])
        total[rows] += np.nan_to_num(solved) * share[..., None]
        blend[rows] += share
        sigma[rows] = np.fmin(sigma[rows], error)
    known = blend > 0
    points[known] = total[known] / blend[known][:, None]
    return Solved(points, bone_lengths(points, bones), sigma)


def bone_lengths(points: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Median length (B,) over the frames; NaN where a bone is never whole."""
    if not len(bones):
        return np.zeros(0)
    lengths = np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1)
    known = np.isfinite(lengths).any(axis=0)
    medians = np.full(len(bones), np.nan)
    medians[known] = np.nanmedian(lengths[:, known], axis=0)
    return medians


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
        scale: float,
        options: SequenceOptions,
    ) -> None:
        self._rays, self._scale, self._options = rays, scale, options
        self._frames, self._joints = start.shape[:2]
        self._known = np.isfinite(start[..., 0]).any(axis=0)
        usable = self._known[bones].all(axis=1) & np.isfinite(lengths) & (options.bone > 0)
        self._bones, self._lengths = bones[usable], lengths[usable]
        self._start = _interpolated(start)
        self._pixels = _pixels_a_unit(rays, self._start)
        self._width = 3 * self._joints
        has_motion = options.smooth > 0 and self._frames > 2
        self._band = 2 * self._width if has_motion else self._width - 1
        self._smooth = self._smooth_weight() if has_motion else None

    def _smooth_weight(self) -> float:
        return self._options.smooth * self._options.frame_rate_scale**-2 * self._pixels**2

    def solve(self) -> tuple[np.ndarray, np.ndarray]:
        points, lengths = self._start.copy(), self._lengths.copy()
        points[:, ~self._known] = 0
        for _ in range(ITERATIONS):
            step, length_step = self._step(points, lengths)
            points += step
            lengths += length_step
            if np.abs(step).max(initial=0) * self._pixels < CONVERGED * self._scale:
                break
        errors = marginal_errors(self._information(points), self._smooth or 0.0)
        sigma = self._noise(points) * errors
        points[:, ~self._known] = np.nan
        sigma[:, ~self._known] = np.nan
        return points, sigma

    def _information(self, points: np.ndarray) -> np.ndarray:
        flat = points.reshape(-1, 3)
        jacobian, _, weight = self._linearised(flat)
        blocks = np.einsum("vn,vnia,vnib->nab", weight, jacobian, jacobian, optimize=True)
        return blocks.reshape(*points.shape, 3)

    def _noise(self, points: np.ndarray) -> float:
        lengths = lengths_of(self._rays, points.reshape(-1, 3))
        known = lengths[np.isfinite(lengths)]
        return float(np.median(known)) / 1.18 if len(known) else self._scale

    def _linearised(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Derivatives (V, N, 2, 3), residuals (V, N, 2) in pixels, robust weights (V, N)."""
        rays = self._rays
        off, depth = rays.residuals(flat)
        weight = robust_weight(rays, flat, self._scale)
        safe = np.where(depth > TINY, depth, 1.0)
        seen = off / rays.focal[:, None] + rays.xy
        turns = rays.extrinsics[:, None, :, :3]
        jacobian = turns[..., :2, :] - seen[..., None] * turns[..., 2:, :]
        jacobian = jacobian * (rays.focal[:, None] / safe[..., None])[..., None]
        return jacobian, off, weight

    def _step(self, points: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = points.size
        band = np.zeros((self._band + 1, size))
        gradient = np.zeros(points.shape)
        self._add_observations(points, band, gradient)
        border, corner, corner_gradient = self._add_bones(points, lengths, band, gradient)
        if self._smooth is not None:
            self._add_smoothness(points, band, gradient)
        band[0] += TINY * band[0].max() + np.where(band[0] == 0, 1.0, 0.0)
        factor = (cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False), True)
        right = np.column_stack([-gradient.reshape(-1), border])
        solved = cho_solve_banded(factor, right, check_finite=False)
        reduced = np.diag(corner) - border.T @ solved[:, 1:]
        target = -corner_gradient - border.T @ solved[:, 0]
        length_step = np.linalg.solve(reduced, target) if len(corner) else np.zeros(0)
        step = solved[:, 0] - solved[:, 1:] @ length_step
        step = step.reshape(points.shape)
        step[:, ~self._known] = 0
        return step, length_step

    def _add_observations(self, points: np.ndarray, band: np.ndarray, gradient: np.ndarray) -> None:
        jacobian, off, weight = self._linearised(points.reshape(-1, 3))
        views = len(weight)
        rows = jacobian.transpose(1, 0, 2, 3).reshape(-1, 2 * views, 3)
        heavy = rows * np.repeat(weight.T, 2, axis=1)[..., None]
        blocks = heavy.transpose(0, 2, 1) @ rows
        pull = heavy.transpose(0, 2, 1) @ off.transpose(1, 0, 2).reshape(-1, 2 * views, 1)
        gradient += pull.reshape(points.shape)
        self._add_blocks(band, blocks.reshape(self._frames, self._joints, 3, 3), 0, None)

    def _add_blocks(
        self, band: np.ndarray, blocks: np.ndarray, below: int, at: np.ndarray | None
    ) -> None:
        """Add (F, K, 3, 3) blocks whose rows lie ``below`` unknowns under their columns."""
        columns = np.arange(self._joints) if at is None else at
        grid = band.reshape(len(band), self._frames, self._joints, 3)
        for a in range(3):
            for b in range(3):
                offset = below + a - b
                if offset >= 0:
                    np.add.at(grid[offset], (slice(None), columns, b), blocks[:, :, a, b])

    def _add_bones(
        self, points: np.ndarray, lengths: np.ndarray, band: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(self._bones)
        border = np.zeros((self._frames, self._joints, 3, count))
        weight = self._options.bone * self._pixels**2
        corner_gradient = np.zeros(count)
        for index, (i, j) in enumerate(self._bones):
            vector = points[:, i] - points[:, j]
            length = np.maximum(np.linalg.norm(vector, axis=-1), TINY)
            unit = vector / length[:, None]
            off = length - lengths[index]
            push = weight * off[:, None] * unit
            gradient[:, i] += push
            gradient[:, j] -= push
            outer = weight * unit[:, None, :, None] * unit[:, None, None, :]
            low, high = min(i, j), max(i, j)
            for joint in (i, j):
                self._add_blocks(band, outer, 0, np.array([joint]))
            self._add_blocks(band, -outer, 3 * (high - low), np.array([low]))
            border[:, i, :, index] = -weight * unit
            border[:, j, :, index] = weight * unit
            corner_gradient[index] = -weight * off.sum()
        corner = np.full(count, weight * self._frames)
        return border.reshape(points.size, count), corner, corner_gradient

    def _add_smoothness(self, points: np.ndarray, band: np.ndarray, gradient: np.ndarray) -> None:
        weight = self._smooth
        bend = points[2:] - 2 * points[1:-1] + points[:-2]
        grid = band.reshape(len(band), self._frames, self._width)
        for i, a in enumerate(SECOND_DIFFERENCE):
            gradient[i : self._frames - 2 + i] += weight * a * bend
            for j, b in enumerate(SECOND_DIFFERENCE[: i + 1]):
                grid[(i - j) * self._width, j : self._frames - 2 + j] += weight * a * b


def _interpolated(points: np.ndarray) -> np.ndarray:
    """Fill unknown places of each joint linearly in time; joints never known become 0."""
    filled = points.copy()
    frames = np.arange(len(points))
    for joint in range(points.shape[1]):
        known = np.isfinite(points[:, joint, 0])
        if known.all():
            continue
        for axis in range(3):
            values = points[known, joint, axis]
            filled[:, joint, axis] = np.interp(frames, frames[known], values) if len(values) else 0
    return filled


def _pixels_a_unit(rays: Rays, points: np.ndarray) -> float:
    """Pixels that one unit of length has on average, at the depth of what is observed."""
    depth = rays.residuals(points.reshape(-1, 3))[1]
    seen = rays.seen & (depth > TINY)
    if not seen.any():
        return 1.0
    focal = np.broadcast_to(rays.focal.mean(axis=1)[:, None], depth.shape)
    return float(np.median(focal[seen] / depth[seen]))


def triangulated_as(start: Triangulated, frames: int, least_views: int = 2) -> np.ndarray:
    """(F, J, 3) of a triangulation, NaN where fewer than ``least_views`` inliers agree."""
    points = start.points.copy()
    points[start.inliers.sum(axis=0) < least_views] = np.nan
    return points.reshape(frames, -1, 3)
