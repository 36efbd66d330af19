"""The normal equations of cameras and points, the points eliminated by a Schur complement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..points.symmetric import invert_symmetric

RIDGE = 1e-12


@dataclass(frozen=True)
class NormalEquations:
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

    @classmethod
    def zeros(cls, views: int, points: int, parameters: int) -> NormalEquations:
        """To be added to."""
        return cls(
            np.zeros((views, parameters, parameters)),
            np.zeros((points, 3, 3)),
            np.zeros((views, points, parameters, 3)),
            np.zeros((views, parameters)),
            np.zeros((points, 3)),
        )

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
