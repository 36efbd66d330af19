"""How the squared pixels of points change with the points, to first order."""

from __future__ import annotations

import numpy as np

from .errors import geman_mcclure
from .rays import Rays


def normal_terms(rays: Rays, points: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Newton's Hessians (N, 3, 3) and gradients (N, 3), halved, of points (N, 3).

    Observations weigh their confidence times Geman and McClure's weight; those behind their
    cameras nothing.

    Args:
        scale: Pixels of Geman and McClure's weight.
    """
    hessians, gradients = np.zeros((len(points), 3, 3)), np.zeros((len(points), 3))
    for part in rays.parts():
        _add_terms(rays.of_points(part), points[part], scale, hessians[part], gradients[part])
    return hessians, gradients


def _add_terms(
    rays: Rays, points: np.ndarray, scale: float, hessians: np.ndarray, gradients: np.ndarray
) -> None:
    """Write one part's."""
    offsets = rays.offsets(points)
    depths = offsets[2]
    with np.errstate(over="ignore", invalid="ignore"):
        weights = geman_mcclure(offsets[0] ** 2 + offsets[1] ** 2, scale)
        usable = rays.observed & (depths > 0) & (weights > 0)
    weights = np.where(usable, weights, 0.0) * rays.weights
    inverse_depths = 1 / np.where(usable, depths, 1.0)
    last = rays.rotations[:, 2]
    for axis in range(2):
        # What cannot be used may be infinite, and would stay so with a weight of 0.
        residuals = np.where(usable, offsets[axis], 0.0)
        projected = residuals + rays.xy[..., axis] * rays.focal[:, axis, None]
        own = rays.rotations[:, axis] * rays.focal[:, axis, None]
        # Planes (V, N) of the derivatives by each coordinate.
        slopes = [
            (own[:, k, None] - projected * last[:, k, None]) * inverse_depths for k in range(3)
        ]
        for i in range(3):
            weighted = weights * slopes[i]
            gradients[:, i] += np.einsum("vn,vn->n", weighted, residuals)
            for j in range(i, 3):
                hessians[:, i, j] += np.einsum("vn,vn->n", weighted, slopes[j])
    for i, j in ((1, 0), (2, 0), (2, 1)):
        hessians[:, i, j] = hessians[:, j, i]
