"""AIST++'s objective, as aniposelib's ``triangulate_optim`` states it, minimised exactly.

Squared soft L1 of each pixel coordinate, squared first differences in time, and squared relative
differences of bones from lengths that are free. All observations weigh alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.ndimage import median_filter
from threadpoolctl import threadpool_limits

from .bundle import _derivatives
from .camera import Camera
from .sequence import Solved, _interpolated, bone_lengths

# Defaults of aniposelib 0.8.0, with which AIST++ calls it.
SMOOTH, BONE, BEND = 4.0, 200.0, 15.0
MEDIAN_FRAMES = 7
ITERATIONS, HALVINGS = 60, 5
CONVERGED = 1e-6
TINY = 1e-9


def optimise_aist(
    cameras: Sequence[Camera], keypoints: np.ndarray, start: np.ndarray, bones: np.ndarray
) -> Solved:
    """Refine ``start`` (F, J, 3), NaN where unknown; joints that are never known stay NaN.

    Args:
        keypoints: (V, F, J, 3); the confidence only tells what is missing.
        bones: (B, 2) pairs of joints.
    """
    known = np.isfinite(start[..., 0]).any(axis=0)
    usable = bones[known[bones].all(axis=1)].reshape(-1, 2)
    filled = _interpolated(start)
    lengths = np.maximum(bone_lengths(filled, usable), TINY)
    problem = _Problem(cameras, keypoints, usable, smooth_scale(filled))
    with threadpool_limits(1, user_api="blas"):
        points = problem.solve(filled, lengths)
    points[:, ~known] = np.nan
    return Solved(points, bone_lengths(points, bones), np.full(start.shape[:2], np.nan))


def smooth_scale(points: np.ndarray) -> float:
    """4 over the mean step of an axis from frame to frame, after a median filter; 0 if static."""
    steps = np.diff(median_filter(points, (MEDIAN_FRAMES, 1, 1), mode="mirror"), axis=0)
    mean = float(np.abs(steps).mean()) if steps.size else 0.0
    return SMOOTH / mean if mean > 0 else 0.0


class _Problem:
    """Gauss-Newton on all frames; a frame couples with the next, lengths border the band."""

    def __init__(
        self, cameras: Sequence[Camera], keypoints: np.ndarray, bones: np.ndarray, smooth: float
    ) -> None:
        self._cameras = list(cameras)
        self._pixels = keypoints[..., :2].reshape(len(self._cameras), -1, 2)
        self._seen = np.isfinite(keypoints).all(axis=-1).reshape(len(self._cameras), -1)
        self._bones, self._smooth = bones, smooth

    def solve(self, points: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        cost = self.cost(points, lengths)
        for _ in range(ITERATIONS):
            step, length_step = self._step(points, lengths)
            share = 1.0
            for _ in range(HALVINGS):
                moved, longer = points + share * step, lengths + share * length_step
                lower = self.cost(moved, longer) if (longer > 0).all() else np.inf
                if lower < cost:
                    break
                share /= 2
            else:
                break
            points, lengths, fell, cost = moved, longer, cost - lower, lower
            if fell < CONVERGED * cost:
                break
        return points

    def cost(self, points: np.ndarray, lengths: np.ndarray) -> float:
        flat, total = points.reshape(-1, 3), 0.0
        for view, camera in enumerate(self._cameras):
            seen = self._seen[view]
            off = np.abs(camera.project(flat[seen]) - self._pixels[view, seen])
            total += float(np.nansum(_soft(off) ** 2))
        total += self._smooth**2 * float((np.diff(points, axis=0) ** 2).sum())
        return total + float(((BONE * (self._lengths(points) / lengths - 1)) ** 2).sum())

    def _lengths(self, points: np.ndarray) -> np.ndarray:
        """(F, B)."""
        a, b = self._bones.T
        return np.linalg.norm(points[:, a] - points[:, b], axis=-1)

    def _step(self, points: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        frames, joints = points.shape[:2]
        band = np.zeros((3 * joints + 1, frames, joints, 3))
        gradient = np.zeros(points.shape)
        self._add_observations(points, band, gradient)
        self._add_smoothness(points, band, gradient)
        border, corner, pull = self._add_bones(points, lengths, band, gradient)
        band = band.reshape(len(band), -1)
        band[0] += TINY * band[0].max() + np.where(band[0] == 0, 1.0, 0.0)
        factor = (cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False), True)
        right = np.column_stack([-gradient.reshape(-1), border])
        solved = cho_solve_banded(factor, right, check_finite=False)
        length_step = np.zeros(0)
        if len(lengths):
            reduced = np.diag(corner) - border.T @ solved[:, 1:]
            target = -pull - border.T @ solved[:, 0]
            length_step = np.linalg.lstsq(reduced, target, rcond=1e-12)[0]
        step = solved[:, 0] - solved[:, 1:] @ length_step
        return step.reshape(points.shape), length_step

    def _add_observations(self, points: np.ndarray, band: np.ndarray, gradient: np.ndarray) -> None:
        flat = points.reshape(-1, 3)
        blocks, pull = np.zeros((len(flat), 3, 3)), np.zeros(flat.shape)
        for view, camera in enumerate(self._cameras):
            pixels = np.nan_to_num(self._pixels[view])
            _, jacobian, off, valid = _derivatives(camera, flat, pixels, 6)
            weight = _weight(np.abs(off)) * (valid & self._seen[view])[:, None]
            heavy = (jacobian * weight[..., None]).transpose(0, 2, 1)
            blocks += heavy @ jacobian
            pull += (heavy @ off[..., None])[..., 0]
        gradient += pull.reshape(points.shape)
        blocks = blocks.reshape(*points.shape, 3)
        for a in range(3):
            for b in range(a + 1):
                band[a - b, :, :, b] += blocks[..., a, b]

    def _add_smoothness(self, points: np.ndarray, band: np.ndarray, gradient: np.ndarray) -> None:
        weight, joints = self._smooth**2, points.shape[1]
        steps = weight * np.diff(points, axis=0)
        gradient[1:] += steps
        gradient[:-1] -= steps
        band[0, 1:] += weight
        band[0, :-1] += weight
        band[3 * joints, :-1] -= weight

    def _add_bones(
        self, points: np.ndarray, lengths: np.ndarray, band: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The border (F * J * 3, B), its corner's diagonal (B,) and gradient (B,)."""
        border = np.zeros((*points.shape, len(lengths)))
        corner, pull = np.zeros(len(lengths)), np.zeros(len(lengths))
        for index, (i, j) in enumerate(self._bones):
            vector, length = points[:, i] - points[:, j], lengths[index]
            now = np.maximum(np.linalg.norm(vector, axis=-1), TINY)
            slope = BONE / length * vector / now[:, None]
            off, by_length = BONE * (now / length - 1), -BONE * now / length**2
            gradient[:, i] += off[:, None] * slope
            gradient[:, j] -= off[:, None] * slope
            border[:, i, :, index] = by_length[:, None] * slope
            border[:, j, :, index] = -by_length[:, None] * slope
            corner[index], pull[index] = by_length @ by_length, by_length @ off
            outer, low, apart = slope[:, :, None] * slope[:, None], min(i, j), 3 * abs(i - j)
            for a in range(3):
                for b in range(3):
                    band[apart + a - b, :, low, b] -= outer[:, a, b]
                    if a >= b:
                        band[a - b, :, i, b] += outer[:, a, b]
                        band[a - b, :, j, b] += outer[:, a, b]
        return border.reshape(points.size, len(lengths)), corner, pull


def _soft(off: np.ndarray) -> np.ndarray:
    return 2 * BEND * (np.sqrt(1 + off / BEND) - 1)


def _weight(off: np.ndarray) -> np.ndarray:
    """By which squared residuals have the slope of the squared soft L1."""
    safe = np.maximum(off, TINY)
    return _soft(safe) / np.sqrt(1 + safe / BEND) / safe
