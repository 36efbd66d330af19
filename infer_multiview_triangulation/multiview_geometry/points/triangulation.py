"""Points from rays by linear least squares (Hartley and Zisserman, 2004, section 12.2)."""

from __future__ import annotations

import numpy as np

from .rays import Rays

DEPTH_ROUNDS = 2
MIN_DEPTH = 1e-9
MIN_PARALLAX = np.deg2rad(0.5)
SINGULAR = 1e-12


def plain_dlt(rays: Rays) -> np.ndarray:
    """Homogeneous DLT over all views alike, as aniposelib's ``triangulate``: (N, 3).

    A point that fewer than two views see is NaN.
    """
    rows = _rows(rays) * rays.observed[..., None, None]
    stacked = np.moveaxis(rows, 1, 0).reshape(rays.xy.shape[1], -1, 4)
    points = np.full((len(stacked), 3), np.nan)
    enough = rays.observed.sum(axis=0) >= 2
    if enough.any():
        # The null vector of A; R of A's QR decomposition has the same and is only 4 by 4.
        triangular = np.linalg.qr(stacked[enough], mode="r")
        null = np.linalg.svd(triangular)[2][:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            solved = null[:, :3] / null[:, 3:]
        points[enough] = np.where(np.isfinite(solved), solved, np.nan)
    return points


def weighted_dlt(rays: Rays, rounds: int = DEPTH_ROUNDS) -> np.ndarray:
    """Weighted inhomogeneous DLT, reweighted by depth so that it minimises pixels: (N, 3).

    Points that fewer than two views see, or whose rays are parallel, are NaN.
    """
    rows = _rows(rays) * rays.focal[:, None, :, None]
    points = _solve(rows, rays.weights)
    for _ in range(rounds):
        depth = rays.residuals(points)[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(np.isfinite(depth), 1 / np.maximum(depth, MIN_DEPTH) ** 2, 0.0)
        largest = scale.max(axis=0, where=rays.observed, initial=0)
        scale = scale / np.where(largest > 0, largest, 1)
        points = _solve(rows, rays.weights * scale)
    return points


def is_determinate(rays: Rays, points: np.ndarray) -> np.ndarray:
    """(N,) bool: at least two views look at the point, and not all from one direction."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = rays.observed & (rays.residuals(points)[1] > 0)
        towards = points - rays.centres[:, None]
        towards = towards / np.linalg.norm(towards, axis=-1, keepdims=True)
        first = towards[np.argmax(ahead, axis=0), np.arange(len(points))]
        angle = np.linalg.norm(towards - first, axis=-1)
        widest = np.where(ahead, angle, 0).max(axis=0, initial=0)
    return (ahead.sum(axis=0) >= 2) & (widest > MIN_PARALLAX)


def _rows(rays: Rays) -> np.ndarray:
    """(V, N, 2, 4): x * P[2] - P[0] and y * P[2] - P[1]."""
    last = rays.extrinsics[:, None, 2:3]
    return rays.xy[..., None] * last - rays.extrinsics[:, None, :2]


def _solve(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Minimise sum of weights * |rows @ (x, 1)|^2 for each of N points."""
    # Sums of products of planes: einsum takes twice as long over axes of two, three and four.
    columns = [rows[..., column] for column in range(4)]
    weighted = [weights[..., None] * column for column in columns[:3]]
    normal = np.empty((rows.shape[1], 3, 3))
    right = np.empty((rows.shape[1], 3, 1))
    for a in range(3):
        for b in range(a, 3):
            normal[:, a, b] = normal[:, b, a] = (weighted[a] * columns[b]).sum(axis=(0, 2))
        right[:, a, 0] = -(weighted[a] * columns[3]).sum(axis=(0, 2))
    inverses, exists = invert_symmetric(normal)
    with np.errstate(invalid="ignore"):
        solved = (inverses @ right)[..., 0]
    usable = exists & ((weights > 0).sum(axis=0) >= 2)
    return np.where(usable[:, None], solved, np.nan)


def invert_symmetric(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses (N, 3, 3) of positive symmetric matrices, and which exist, (N,) bool."""
    a, b, c = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 0, 2]
    d, e, f = matrices[:, 1, 1], matrices[:, 1, 2], matrices[:, 2, 2]
    cofactors = np.stack(
        [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b],
        axis=-1,
    )
    determinant = a * cofactors[:, 0] + b * cofactors[:, 1] + c * cofactors[:, 2]
    size = np.maximum(a + d + f, 1e-300) / 3
    with np.errstate(divide="ignore", invalid="ignore"):
        inverses = cofactors[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]] / determinant[:, None, None]
    return inverses, determinant > SINGULAR * size**3
