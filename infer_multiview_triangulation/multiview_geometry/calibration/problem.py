"""The robust least squares of one round of bundle adjustment, by Levenberg and Marquardt.

The points are eliminated from the normal equations by a Schur complement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...infer_multiview_triangulation_kit.stopping import check_stop_inside
from ..camera import Camera
from ..cameras.linearisation import (
    ALL_PARAMETERS,
    INTRINSICS,
    POSE_PARAMETERS,
    intrinsics,
    linearise,
    perturb,
)
from ..points.errors import SCALE_FACTOR, geman_mcclure
from ..points.triangulation import invert_symmetric

MAX_STEPS, MAX_TRIALS = 12, 6
START_DAMPING, MIN_DAMPING = 1e-4, 1e-9
WORSE, BETTER = 8, 5
CONVERGED = 1e-6
RIDGE = 1e-12
# Standard deviations of a focal length, as a share of it, and of k1.
PRIOR_DEVIATIONS = np.array([[0.10], [0.05]])


class BundleProblem:
    """Cameras and points that best explain keypoints (V, N, 3) with NaN where missing."""

    def __init__(
        self, keypoints: np.ndarray, *, scale: float, prior_cameras: Sequence[Camera] | None
    ) -> None:
        """Take the observations.

        Args:
            scale: Pixels of Geman and McClure's loss.
            prior_cameras: Near their focal lengths and k1 lie those to be found; None: these stay.
        """
        self._pixels = np.nan_to_num(keypoints[..., :2])
        observed = np.isfinite(keypoints).all(axis=-1) & (keypoints[..., 2] > 0)
        self._confidence = np.where(observed, keypoints[..., 2], 0.0)
        self._scale = scale
        self._prior = None if prior_cameras is None else intrinsics(prior_cameras)
        # Squared pixels of one standard deviation.
        self._prior_weight = (scale / SCALE_FACTOR) ** 2

    def minimise(self, cameras: Sequence[Camera], points: np.ndarray) -> Sequence[Camera]:
        """The best cameras, from these ``cameras`` and ``points`` (N, 3) on."""
        cost, damping = self._cost(cameras, points), START_DAMPING
        for _ in range(MAX_STEPS):
            check_stop_inside("the adjustment of cameras")
            before = cost
            equations = self._normal_equations(cameras, points)
            for _ in range(MAX_TRIALS):
                camera_steps, point_steps = equations.solve(damping)
                pairs = zip(cameras, camera_steps, strict=True)
                moved = [perturb(camera, step) for camera, step in pairs], points + point_steps
                moved_cost = self._cost(*moved)
                if moved_cost < cost:
                    (cameras, points), cost = moved, moved_cost
                    damping = max(damping / BETTER, MIN_DAMPING)
                    break
                damping *= WORSE
            if before - cost <= CONVERGED * cost:
                break
        return cameras

    def _cost(self, cameras: Sequence[Camera], points: np.ndarray) -> float:
        total = 0.0
        for view, camera in enumerate(cameras):
            residuals = camera.project(points) - self._pixels[view]
            squared = np.einsum("ni,ni->n", residuals, residuals)
            bounded = np.where(np.isfinite(squared), squared / (self._scale**2 + squared), 1.0)
            total += float(self._confidence[view] @ bounded) * self._scale**2
        if self._prior is None:
            return total
        offsets = (intrinsics(cameras) - self._prior) / PRIOR_DEVIATIONS
        return total + self._prior_weight * float((offsets**2).sum(axis=1).sum())

    def _normal_equations(self, cameras: Sequence[Camera], points: np.ndarray) -> _NormalEquations:
        parameters = POSE_PARAMETERS if self._prior is None else ALL_PARAMETERS
        views, count = len(cameras), len(points)
        equations = _NormalEquations(
            np.zeros((views, parameters, parameters)),
            np.zeros((count, 3, 3)),
            np.zeros((views, count, parameters, 3)),
            np.zeros((views, parameters)),
            np.zeros((count, 3)),
        )
        for view, camera in enumerate(cameras):
            by_camera, by_point, residuals, valid = linearise(
                camera, points, self._pixels[view], parameters
            )
            squared = np.einsum("ni,ni->n", residuals, residuals)
            weights = geman_mcclure(squared, self._scale) * self._confidence[view]
            weights = np.where(valid, weights, 0.0)[:, None, None]
            weighted_camera, weighted_point = by_camera * weights, by_point * weights
            weighted_point = weighted_point.transpose(0, 2, 1)
            rows = ([0, 1], [0, 1])
            equations.camera_hessian[view] = np.tensordot(weighted_camera, by_camera, rows)
            equations.camera_gradient[view] = np.tensordot(weighted_camera, residuals, rows)
            equations.coupling[view] = weighted_camera.transpose(0, 2, 1) @ by_point
            equations.point_hessian[:] += weighted_point @ by_point
            equations.point_gradient[:] += (weighted_point @ residuals[..., None])[..., 0]
        if self._prior is not None:
            weights = self._prior_weight / PRIOR_DEVIATIONS**2
            offsets = self._prior_weight * (intrinsics(cameras) - self._prior)
            equations.camera_hessian[:, INTRINSICS, INTRINSICS] += weights.T
            equations.camera_gradient[:, INTRINSICS] += (offsets / PRIOR_DEVIATIONS**2).T
        return equations


@dataclass(frozen=True)
class _NormalEquations:
    """The Hessian in blocks, and the gradient, of V cameras with c parameters and N points.

    Attributes:
        camera_hessian: (V, c, c), U in the books.
        point_hessian: (N, 3, 3), V in the books.
        coupling: (V, N, c, 3), between each camera and each point, W in the books.
        camera_gradient: (V, c).
        point_gradient: (N, 3).
    """

    camera_hessian: np.ndarray
    point_hessian: np.ndarray
    coupling: np.ndarray
    camera_gradient: np.ndarray
    point_gradient: np.ndarray

    def solve(self, damping: float) -> tuple[np.ndarray, np.ndarray]:
        """Levenberg and Marquardt's steps of the cameras (V, c) and the points (N, 3)."""
        views, count, parameters = self.coupling.shape[:3]
        inverse = self._damped_point_inverses(damping)
        coupling = self.coupling.transpose(0, 2, 1, 3).reshape(views * parameters, count, 3)
        eliminated = np.einsum("knb,nbc->knc", coupling, inverse, optimize=True)
        eliminated = eliminated.reshape(views * parameters, -1)
        reduced = -eliminated @ coupling.reshape(views * parameters, -1).T
        for view, hessian in enumerate(self.camera_hessian):
            block = slice(view * parameters, (view + 1) * parameters)
            reduced[block, block] += hessian + damping * np.diag(np.diag(hessian))
        right = -self.camera_gradient.reshape(-1) + eliminated @ self.point_gradient.reshape(-1)
        # The gauge is free: of all solutions take the shortest.
        scale = 1 / np.sqrt(np.maximum(np.diag(reduced), 1e-12))
        scaled = reduced * np.outer(scale, scale)
        camera_step = scale * np.linalg.lstsq(scaled, right * scale, rcond=1e-12)[0]
        gradient = self.point_gradient + np.einsum("knb,k->nb", coupling, camera_step)
        point_step = -np.einsum("nab,nb->na", inverse, gradient)
        return camera_step.reshape(views, parameters), point_step

    def _damped_point_inverses(self, damping: float) -> np.ndarray:
        """(N, 3, 3); zeros where a point is not determined, so that it stays."""
        hessian = self.point_hessian
        damped = hessian + damping * np.einsum("nab,ab->nab", hessian, np.eye(3))
        damped += RIDGE * np.trace(hessian, axis1=1, axis2=2).mean() * np.eye(3)
        inverse, exists = invert_symmetric(damped)
        return np.ascontiguousarray(np.where(exists[:, None, None], inverse, 0.0))
