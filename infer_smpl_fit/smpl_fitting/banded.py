"""Cholesky factor of a block-pentadiagonal matrix whose outer blocks are diagonal.

This is the matrix of a sequence whose frames are coupled by second differences. LAPACK's banded
routines (scipy.linalg.cholesky_banded) factor it as fast, but solve each right-hand side by
itself; here all of them go through matrix products, five times faster for the sixty or so columns
of the shared parameters.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack


class BlockBanded:
    """L L^T = H, frame by frame.

    Args:
        diagonal: (T, n, n), symmetric.
        next_one: (T - 1, n), the diagonals of the blocks (t, t + 1).
        next_two: (T - 2, n), the diagonals of the blocks (t, t + 2).

    Raises:
        np.linalg.LinAlgError: The matrix is not positive definite.
    """

    def __init__(self, diagonal: np.ndarray, next_one: np.ndarray, next_two: np.ndarray) -> None:
        frames, size = diagonal.shape[:2]
        self._inverse = np.empty((frames, size, size))
        self._below = np.empty((max(frames - 1, 0), size, size))
        self._next_two = next_two
        pending = [np.zeros((size, size)), np.zeros((size, size))]
        fill = np.zeros((size, size))
        for t in range(frames):
            factor, failed = lapack.dpotrf(diagonal[t] - pending[0], lower=1, clean=1)
            if failed:
                raise np.linalg.LinAlgError(f"not positive definite in frame {t}")
            inverse = lapack.dtrtri(factor, lower=1)[0]
            self._inverse[t] = inverse
            pending = [pending[1], np.zeros((size, size))]
            if t + 1 < frames:
                below = (np.diag(next_one[t]) - fill) @ inverse.T
                self._below[t] = below
                pending[0] = pending[0] + below @ below.T
            if t + 2 < frames:
                far = next_two[t][:, None] * inverse.T
                fill = far @ below.T
                pending[1] = far @ far.T

    def forward(self, right: np.ndarray) -> np.ndarray:
        """L^-1 b for (T, n, R)."""
        out = np.empty_like(right)
        for t in range(len(right)):
            rest = right[t]
            if t > 0:
                rest = rest - self._below[t - 1] @ out[t - 1]
            if t > 1:
                rest = rest - self._next_two[t - 2][:, None] * (self._inverse[t - 2].T @ out[t - 2])
            out[t] = self._inverse[t] @ rest
        return out

    def backward(self, right: np.ndarray) -> np.ndarray:
        """L^-T b for (T, n)."""
        out = np.empty_like(right)
        for t in reversed(range(len(right))):
            rest = right[t]
            if t + 1 < len(right):
                rest = rest - self._below[t].T @ out[t + 1]
            if t + 2 < len(right):
                rest = rest - self._inverse[t] @ (self._next_two[t] * out[t + 2])
            out[t] = self._inverse[t].T @ rest
        return out


def solve_with_shared(
    factor: BlockBanded,
    gradient: np.ndarray,
    coupling: np.ndarray,
    shared_matrix: np.ndarray,
    shared_gradient: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step for the frames and for parameters that all frames share (Schur complement).

    Args:
        factor: Of the frames' own matrix.
        gradient: (T, n).
        coupling: (T, n, S), may be empty in S.
        shared_matrix: (S, S).
        shared_gradient: (S,).

    Returns:
        Steps (T, n) and (S,).
    """
    columns = factor.forward(np.concatenate([coupling, gradient[:, :, None]], axis=2))
    size = columns.shape[2] - 1
    flat = columns.reshape(-1, size + 1)
    product = flat.T @ flat
    shared = np.zeros(size)
    if size:
        reduced = shared_matrix - product[:size, :size]
        shared = -np.linalg.solve(reduced, shared_gradient - product[:size, size])
    right = columns[:, :, size] + columns[:, :, :size] @ shared
    return -factor.backward(right), shared
