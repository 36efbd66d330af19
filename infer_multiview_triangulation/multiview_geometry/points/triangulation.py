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
        a, b, c, d, e, f, *right = np.einsum("kvn,vn->kn", self._products, weights)
        # The inverse of a symmetric matrix, as invert_symmetric has it.
        inverse = (
            (d * f - e * e, c * e - b * f, b * e - c * d),
            (c * e - b * f, a * f - c * c, b * c - a * e),
            (b * e - c * d, b * c - a * e, a * d - b * b),
        )
        determinant = a * inverse[0][0] + b * inverse[0][1] + c * inverse[0][2]
        size = np.maximum(a + d + f, 1e-300) / 3
        usable = (determinant > SINGULAR * size**3) & ((weights > 0).sum(axis=0) >= 2)
        solved = np.full((len(a), 3), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            for axis, row in enumerate(inverse):
                total = row[0] * right[0] + row[1] * right[1] + row[2] * right[2]
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
