"""Points from rays by linear least squares (Hartley and Zisserman, 2004, section 12.2)."""

from __future__ import annotations

import numpy as np

from .rays import Rays

DEPTH_ROUNDS = 2
MIN_DEPTH = 1e-9
MIN_PARALLAX = np.deg2rad(0.5)
SINGULAR = 1e-12
# Of the four columns of the equations: of the symmetric matrix row by row, and of its right side.
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3))


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
    parts = [rays.of_points(part) for part in rays.parts()]
    found = [LinearPoints(part).by_depth(part.weights, rounds) for part in parts]
    return np.concatenate([np.zeros((0, 3)), *found])


class LinearPoints:
    """The linear equations of N points, to be solved for one set of weights after another."""

    def __init__(self, rays: Rays) -> None:
        self._rays = rays
        last, x, y = rays.extrinsics[:, 2], *rays.xy.transpose(2, 0, 1)
        rows = []
        for axis, values in enumerate((x, y)):
            factors = rays.focal[:, axis, None] * np.column_stack([last, -rays.extrinsics[:, axis]])
            rows.append([factors[:, k, None] * values + factors[:, 4 + k, None] for k in range(4)])
        # Products of planes: einsum takes twice as long over axes of two, three and four.
        self._products = np.empty((len(PAIRS), *x.shape))
        for number, (a, b) in enumerate(PAIRS):
            self._products[number] = rows[0][a] * rows[0][b]
            self._products[number] += rows[1][a] * rows[1][b]

    def by_depth(self, weights: np.ndarray, rounds: int) -> np.ndarray:
        """The points (N, 3) for weights (V, N) of squared pixels, NaN as of `weighted_dlt`."""
        rays = self._rays
        points = self._solved(weights)
        for _ in range(rounds):
            depths = rays.depths(points)
            with np.errstate(divide="ignore", invalid="ignore"):
                np.maximum(depths, MIN_DEPTH, out=depths)
                scale = 1 / (depths * depths)
            scale[np.isnan(scale)] = 0.0
            largest = scale.max(axis=0, where=rays.observed, initial=0)
            scale /= np.where(largest > 0, largest, 1)
            scale *= weights
            points = self._solved(scale)
        return points

    def _solved(self, weights: np.ndarray) -> np.ndarray:
        """Minimise the sum of weights * |rows @ (x, 1)|^2 of each point."""
        *matrix, right_a, right_b, right_c = np.einsum("kvn,vn->kn", self._products, weights)
        (aa, ab, ac, bb, bc, cc), determinant, exists = _cofactors(*matrix)
        usable = exists & ((weights > 0).sum(axis=0) >= 2)
        solved = np.full((len(usable), 3), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            for axis, (one, two, three) in enumerate(((aa, ab, ac), (ab, bb, bc), (ac, bc, cc))):
                total = one * right_a + two * right_b + three * right_c
                solved[:, axis] = np.where(usable, -total / determinant, np.nan)
        return solved


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


def invert_symmetric(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses (N, 3, 3) of positive symmetric matrices, and which exist, (N,) bool."""
    cofactors, determinant, exists = _cofactors(*(matrices[:, i, j] for i, j in PAIRS[:6]))
    rows = np.stack(cofactors, axis=-1)[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]]
    with np.errstate(divide="ignore", invalid="ignore"):
        return rows / determinant[:, None, None], exists


def _cofactors(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, e: np.ndarray, f: np.ndarray
) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Of symmetric matrices, as :data:`PAIRS` names their planes (N,).

    Returns:
        The cofactors in the same order, the determinant, and where the matrices can be inverted.
    """
    cofactors = (
        d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b,
    )  # fmt: skip
    determinant = a * cofactors[0] + b * cofactors[1] + c * cofactors[2]
    size = np.maximum(a + d + f, 1e-300) / 3
    return cofactors, determinant, determinant > SINGULAR * size**3
