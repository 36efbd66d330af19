"""Points from rays by linear least squares (Hartley and Zisserman, 2004, section 12.2)."""

from __future__ import annotations

import numpy as np

from .views import Rays

DEPTH_ROUNDS = 2
SINGULAR = 1e-12
LEAST_PARALLAX = np.deg2rad(0.5)


def plain_dlt(rays: Rays) -> np.ndarray:
    """Homogeneous DLT over all views alike, as aniposelib's ``triangulate``: (N, 3).

    A point that fewer than two views see is NaN.
    """
    rows = _rows(rays) * rays.seen[..., None, None]
    stacked = np.moveaxis(rows, 1, 0).reshape(rays.xy.shape[1], -1, 4)
    points = np.full((len(stacked), 3), np.nan)
    enough = rays.seen.sum(axis=0) >= 2
    if enough.any():
        # The null vector of A; R of A's QR decomposition has the same and is only 4 by 4.
        triangular = np.linalg.qr(stacked[enough], mode="r")
        null = np.linalg.svd(triangular)[2][:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = null[:, :3] / null[:, 3:]
        points[enough] = np.where(np.isfinite(found), found, np.nan)
    return points


def weighted_dlt(rays: Rays, rounds: int = DEPTH_ROUNDS) -> np.ndarray:
    """Weighted inhomogeneous DLT, reweighted by depth so that it minimises pixels: (N, 3).

    Points that fewer than two views see, or whose rays are parallel, are NaN.
    """
    rows = _rows(rays) * rays.focal[:, None, :, None]
    weight = rays.weight
    points = _solved(rows, weight)
    for _ in range(rounds):
        depth = rays.residuals(points)[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(np.isfinite(depth), 1 / np.maximum(depth, 1e-9) ** 2, 0.0)
        largest = scale.max(axis=0, where=weight > 0, initial=0)
        scale = scale / np.where(largest > 0, largest, 1)
        points = _solved(rows, weight * scale)
    return points


def determinate(rays: Rays, points: np.ndarray) -> np.ndarray:
    """(N,) bool: at least two views look at the point, and not all from one direction."""
    turns = rays.extrinsics[:, :, :3]
    centres = -np.einsum("vba,vb->va", turns, rays.extrinsics[:, :, 3])
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = rays.seen & (rays.residuals(points)[1] > 0)
        towards = points - centres[:, None]
        towards = towards / np.linalg.norm(towards, axis=-1, keepdims=True)
        first = towards[np.argmax(ahead, axis=0), np.arange(len(points))]
        apart = np.linalg.norm(towards - first, axis=-1)
        spread = np.where(ahead, apart, 0).max(axis=0, initial=0)
    return (ahead.sum(axis=0) >= 2) & (spread > LEAST_PARALLAX)


def _rows(rays: Rays) -> np.ndarray:
    """(V, N, 2, 4): x * P[2] - P[0] and y * P[2] - P[1]."""
    last = rays.extrinsics[:, None, 2:3]
    return rays.xy[..., None] * last - rays.extrinsics[:, None, :2]


def _solved(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Minimise sum of weight * |rows @ (x, 1)|^2 for each of N points."""
    a, b = rows[..., :3], rows[..., 3]
    left = a * weight[..., None, None]
    normal = np.einsum("vnia,vnib->nab", left, a)
    right = -np.einsum("vnia,vni->na", left, b)
    return solve_symmetric(normal, right, (weight > 0).sum(axis=0) >= 2)


def solve_symmetric(normal: np.ndarray, right: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Solve (N, 3, 3) x = (N, 3) by cofactors; NaN where not ``usable`` or singular."""
    a, b, c = normal[:, 0, 0], normal[:, 0, 1], normal[:, 0, 2]
    d, e, f = normal[:, 1, 1], normal[:, 1, 2], normal[:, 2, 2]
    cofactors = np.stack(
        [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b],
        axis=-1,
    )
    determinant = a * cofactors[:, 0] + b * cofactors[:, 1] + c * cofactors[:, 2]
    scale = np.maximum(a + d + f, 1e-300) / 3
    usable = usable & (determinant > SINGULAR * scale**3)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = cofactors[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]] / determinant[:, None, None]
        points = np.einsum("nab,nb->na", inverse, right)
    return np.where(usable[:, None], points, np.nan)
