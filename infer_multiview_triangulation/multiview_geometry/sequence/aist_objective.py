"""AIST++'s objective, as aniposelib's ``triangulate_optim`` states it, minimised exactly.

Squared soft L1 of each pixel coordinate, squared first differences in time, and squared relative
differences of bones from lengths that are free. All observations weigh alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import median_filter
from threadpoolctl import threadpool_limits

from ...infer_multiview_triangulation_kit.stopping import check_stop_inside
from ..camera import Camera
from ..cameras.linearisation import POSE_PARAMETERS, linearise
from .banded import BandedEquations
from .trajectories import bone_lengths, fill_gaps

# Defaults of aniposelib 0.8.0, with which AIST++ calls it.
SMOOTH, BONE, BEND = 4.0, 200.0, 15.0
MEDIAN_FRAMES = 7
FIRST_DIFFERENCE = (-1.0, 1.0)
ITERATIONS, HALVINGS = 60, 5
CONVERGED = 1e-6
TINY = 1e-9


def optimise_aist(
    cameras: Sequence[Camera], keypoints: np.ndarray, start: np.ndarray, *, bones: np.ndarray
) -> np.ndarray:
    """Refine ``start`` (F, J, 3), NaN where unknown; joints that are never known stay NaN.

    Args:
        keypoints: (V, F, J, 3); the confidence only tells what is missing.
        bones: (B, 2) pairs of joints.
    """
    known = np.any(np.isfinite(start[..., 0]), axis=0)
    usable = bones[known[bones].all(axis=1)].reshape(-1, 2)
    filled = fill_gaps(start)
    lengths = np.maximum(bone_lengths(filled, usable), TINY)
    problem = _Problem(cameras, keypoints, usable, smooth=smooth_scale(filled))
    with threadpool_limits(1, user_api="blas"):
        points = problem.minimise(filled, lengths)
    points[:, ~known] = np.nan
    return points


def smooth_scale(points: np.ndarray) -> float:
    """4 over the mean step of an axis from frame to frame, after a median filter; 0 if static."""
    steps = np.diff(median_filter(points, (MEDIAN_FRAMES, 1, 1), mode="mirror"), axis=0)
    mean = float(np.abs(steps).mean()) if steps.size else 0.0
    return SMOOTH / mean if mean > 0 else 0.0


class _Problem:
    """Gauss-Newton on all frames; a frame couples with the next."""

    def __init__(
        self, cameras: Sequence[Camera], keypoints: np.ndarray, bones: np.ndarray, *, smooth: float
    ) -> None:
        self._cameras = list(cameras)
        self._pixels = keypoints[..., :2].reshape(len(self._cameras), -1, 2)
        self._observed = np.isfinite(keypoints).all(axis=-1).reshape(len(self._cameras), -1)
        self._bones, self._smooth = bones, smooth

    def minimise(self, points: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """The best points (F, J, 3), from these and bone ``lengths`` (B,) on."""
        cost = self._cost(points, lengths)
        for _ in range(ITERATIONS):
            check_stop_inside("the optimisation")
            before = cost
            step, length_step = self._step(points, lengths)
            for share in 0.5 ** np.arange(HALVINGS):
                moved = points + share * step, lengths + share * length_step
                if (moved[1] > 0).all() and (moved_cost := self._cost(*moved)) < cost:
                    (points, lengths), cost = moved, moved_cost
                    break
            if before - cost <= CONVERGED * cost:
                break
        return points

    def _cost(self, points: np.ndarray, lengths: np.ndarray) -> float:
        flat, total = points.reshape(-1, 3), 0.0
        for view, camera in enumerate(self._cameras):
            observed = self._observed[view]
            errors = np.abs(camera.project(flat[observed]) - self._pixels[view, observed])
            total += float(np.nansum(_soft_l1(errors) ** 2))
        total += self._smooth**2 * float((np.diff(points, axis=0) ** 2).sum())
        a, b = self._bones.T
        now = np.linalg.norm(points[:, a] - points[:, b], axis=-1)
        return total + float(((BONE * (now / lengths - 1)) ** 2).sum())

    def _step(self, points: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        frames, joints = points.shape[:2]
        equations = BandedEquations(frames, joints, len(lengths), coupled_frames=1)
        self._add_observations(equations, points)
        equations.add_smoothness(points, FIRST_DIFFERENCE, self._smooth**2)
        for bone, (i, j) in enumerate(self._bones):
            vector, length = points[:, i] - points[:, j], lengths[bone]
            now = np.maximum(np.linalg.norm(vector, axis=-1), TINY)
            equations.add_bone(
                bone,
                (i, j),
                residuals=BONE * (now / length - 1),
                by_vector=BONE / length * vector / now[:, None],
                by_length=-BONE * now / length**2,
                weight=1.0,
            )
        return equations.solve(is_singular=True)

    def _add_observations(self, equations: BandedEquations, points: np.ndarray) -> None:
        flat = points.reshape(-1, 3)
        hessian, gradient = np.zeros((len(flat), 3, 3)), np.zeros(flat.shape)
        for view, camera in enumerate(self._cameras):
            pixels = np.nan_to_num(self._pixels[view])
            _, jacobian, residuals, valid = linearise(camera, flat, pixels, POSE_PARAMETERS)
            weights = _soft_l1_weights(np.abs(residuals)) * (valid & self._observed[view])[:, None]
            weighted = (jacobian * weights[..., None]).transpose(0, 2, 1)
            hessian += weighted @ jacobian
            gradient += (weighted @ residuals[..., None])[..., 0]
        equations.add_points(hessian.reshape(*points.shape, 3), gradient.reshape(points.shape))


def _soft_l1(errors: np.ndarray) -> np.ndarray:
    return 2 * BEND * (np.sqrt(1 + errors / BEND) - 1)


def _soft_l1_weights(errors: np.ndarray) -> np.ndarray:
    """By which squared residuals have the slope of the squared soft L1."""
    safe = np.maximum(errors, TINY)
    return _soft_l1(safe) / np.sqrt(1 + safe / BEND) / safe
