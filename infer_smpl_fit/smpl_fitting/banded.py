"""Newton steps for frames that second differences couple, and for parameters that all share.

The Hessian of the frames is block-pentadiagonal, its outer blocks diagonal. LAPACK's banded
routines (scipy.linalg.cholesky_banded) factor it as fast, but solve each right-hand side by itself;
here all of them go through matrix products, five times faster for the sixty or so columns of the
shared parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_lapack_funcs

POTRF, TRTRI = get_lapack_funcs(("potrf", "trtri"), dtype=np.float64)


@dataclass(frozen=True)
class NormalEquations:
    """A Gauss-Newton system of T frames with n parameters each, and S that they share.

    Attributes:
        diagonal: (T, n, n), the Hessian's blocks of the frames, symmetric.
        off_diagonal_1: (T - 1, n), the diagonals of its blocks (t, t + 1).
        off_diagonal_2: (T - 2, n), the diagonals of its blocks (t, t + 2).
        gradient: (T, n).
        coupling: (T, n, S), the Hessian's blocks between frames and shared parameters.
        shared_hessian: (S, S).
        shared_gradient: (S,).
    """

    diagonal: np.ndarray
    off_diagonal_1: np.ndarray
    off_diagonal_2: np.ndarray
    gradient: np.ndarray
    coupling: np.ndarray
    shared_hessian: np.ndarray
    shared_gradient: np.ndarray


@dataclass(frozen=True)
class Step:
    """A change of the frames' own parameters (T, n) and of the shared ones (S,)."""

    frames: np.ndarray
    shared: np.ndarray


class BlockCholesky:
    """L L^T = H of the frames, block by block.

    Args:
        diagonal, off_diagonal_1, off_diagonal_2: As in NormalEquations.

    Raises:
        np.linalg.LinAlgError: H is not positive definite.
    """

    def __init__(
        self, diagonal: np.ndarray, off_diagonal_1: np.ndarray, off_diagonal_2: np.ndarray
    ) -> None:
        frames, size = diagonal.shape[:2]
        # Inverses of L's blocks (t, t), and its blocks (t + 1, t); (t + 2, t) is cheap to redo.
        self._inverses = np.empty((frames, size, size))
        self._sub_diagonal = np.empty((max(frames - 1, 0), size, size))
        self._off_diagonal_2 = off_diagonal_2
        zeros = np.zeros((size, size))
        # What the columns so far take off the blocks (t, t), (t + 1, t + 1) and (t + 1, t).
        update, next_update, fill_in = zeros, zeros, zeros
        for t in range(frames):
            block, info = POTRF(diagonal[t] - update, lower=1, clean=1)
            if info:
                raise np.linalg.LinAlgError(f"not positive definite in frame {t}")
            inverse = TRTRI(block, lower=1)[0]
            self._inverses[t] = inverse
            if t + 1 == frames:
                break
            below = (np.diag(off_diagonal_1[t]) - fill_in) @ inverse.T
            self._sub_diagonal[t] = below
            update, next_update = next_update + below @ below.T, zeros
            if t + 2 < frames:
                second_below = off_diagonal_2[t][:, None] * inverse.T
                fill_in = second_below @ below.T
                next_update = second_below @ second_below.T

    def solve_lower(self, right: np.ndarray) -> np.ndarray:
        """L^-1 b for (T, n, R)."""
        solution = np.empty_like(right)
        for t in range(len(right)):
            rest = right[t]
            if t > 0:
                rest = rest - self._sub_diagonal[t - 1] @ solution[t - 1]
            if t > 1:
                second = self._inverses[t - 2].T @ solution[t - 2]
                rest = rest - self._off_diagonal_2[t - 2][:, None] * second
            solution[t] = self._inverses[t] @ rest
        return solution

    def solve_upper(self, right: np.ndarray) -> np.ndarray:
        """L^-T b for (T, n)."""
        solution = np.empty_like(right)
        for t in reversed(range(len(right))):
            rest = right[t]
            if t + 1 < len(right):
                rest = rest - self._sub_diagonal[t].T @ solution[t + 1]
            if t + 2 < len(right):
                rest = rest - self._inverses[t] @ (self._off_diagonal_2[t] * solution[t + 2])
            solution[t] = self._inverses[t].T @ rest
        return solution


def newton_step(equations: NormalEquations) -> Step:
    """The step that solves the system (Schur complement).

    Raises:
        np.linalg.LinAlgError: The frames' Hessian is not positive definite.
    """
    factor = BlockCholesky(equations.diagonal, equations.off_diagonal_1, equations.off_diagonal_2)
    columns = np.concatenate([equations.coupling, equations.gradient[:, :, None]], axis=2)
    columns = factor.solve_lower(columns)
    size = columns.shape[2] - 1
    flat = columns.reshape(-1, size + 1)
    product = flat.T @ flat
    shared = np.zeros(size)
    if size:
        complement = equations.shared_hessian - product[:size, :size]
        shared = -np.linalg.solve(complement, equations.shared_gradient - product[:size, size])
    right = columns[:, :, size] + columns[:, :, :size] @ shared
    return Step(-factor.solve_upper(right), shared)
