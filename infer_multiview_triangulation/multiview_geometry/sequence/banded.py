"""The normal equations of a sequence, solved exactly: a band in time with a dense border.

A frame couples only with the next few, so the Hessian of the points is banded; lengths of bones
are unknowns that each couple with all frames, and border the band.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cholesky_banded
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dtbtrs

RIDGE = 1e-9
# Columns of the factor that are eliminated together.
TOGETHER = 96


class BandedEquations:
    """Hessian and gradient of points (F, J, 3) and B bone lengths, to be added to term by term.

    The band is lower: ``band[k, f, j, a]`` lies k unknowns below the diagonal in the column of
    frame f, joint j and axis a.
    """

    def __init__(self, frames: int, joints: int, bones: int, *, coupled_frames: int) -> None:
        """Start from zeros.

        Args:
            coupled_frames: How many frames after its own a frame couples with.
        """
        self._width = 3 * joints
        bandwidth = coupled_frames * self._width if coupled_frames else self._width - 1
        # Each unknown's column in one piece, as LAPACK wants it.
        self._band = np.moveaxis(np.zeros((frames, joints, 3, bandwidth + 1)), 3, 0)
        self._gradient = np.zeros((frames, joints, 3))
        self._coupling = np.zeros((frames, joints, 3, bones))
        self._length_hessian = np.zeros(bones)
        self._length_gradient = np.zeros(bones)

    def add_points(self, hessian: np.ndarray, gradient: np.ndarray) -> None:
        """Add terms of single points: (F, J, 3, 3) and (F, J, 3)."""
        self._gradient += gradient
        self._add_blocks(hessian, slice(None), below=0)

    def add_bone(
        self,
        bone: int,
        joints: tuple[int, int],
        *,
        residuals: np.ndarray,
        by_vector: np.ndarray,
        by_length: np.ndarray,
        weight: float,
    ) -> None:
        """Add a residual a frame that depends on the vector between two joints and on a length.

        Args:
            bone: Index of the length.
            joints: i and j; the vector leads from j to i.
            residuals: (F,).
            by_vector: (F, 3), derivatives by the vector.
            by_length: (F,), derivatives by the length.
            weight: Of the squared residuals.
        """
        i, j = joints
        gradient = weight * residuals[:, None] * by_vector
        self._gradient[:, i] += gradient
        self._gradient[:, j] -= gradient
        hessian = weight * by_vector[:, :, None] * by_vector[:, None]
        self._add_blocks(hessian, i, below=0)
        self._add_blocks(hessian, j, below=0)
        self._add_blocks(-hessian, min(i, j), below=3 * abs(i - j))
        coupling = weight * by_length[:, None] * by_vector
        self._coupling[:, i, :, bone] = coupling
        self._coupling[:, j, :, bone] = -coupling
        self._length_hessian[bone] = weight * (by_length * by_length).sum()
        self._length_gradient[bone] = weight * (by_length * residuals).sum()

    def add_smoothness(self, points: np.ndarray, stencil: Sequence[float], weight: float) -> None:
        """Add squared differences in time of points (F, J, 3), by the ``stencil``'s factors."""
        count = max(0, len(points) - len(stencil) + 1)
        differences = np.zeros((count, *points.shape[1:]))
        for k in reversed(range(len(stencil))):
            differences += stencil[k] * points[k : count + k]
        for i, a in enumerate(stencil):
            self._gradient[i : count + i] += weight * a * differences
            for j, b in enumerate(stencil[: i + 1]):
                self._band[(i - j) * self._width, j : count + j] += weight * a * b

    def solve(self, *, is_singular: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Steps of the points (F, J, 3) and the lengths (B,); the equations are used up.

        Args:
            is_singular: Lengths may be undetermined: of all their steps take the shortest.
        """
        band = self._band.reshape(len(self._band), -1)
        band[0] += RIDGE * band[0].max() + np.where(band[0] == 0, 1.0, 0.0)
        factor = cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False)
        coupling = self._coupling.reshape(band.shape[1], -1)
        halved = solved_lower(factor, np.column_stack([-self._gradient.reshape(-1), coupling]))
        own, of_lengths = halved[:, 0], halved[:, 1:]
        reduced = np.diag(self._length_hessian) - of_lengths.T @ of_lengths
        target = -self._length_gradient - of_lengths.T @ own
        if is_singular and len(target):
            length_step = np.linalg.lstsq(reduced, target, rcond=1e-12)[0]
        else:
            length_step = np.linalg.solve(reduced, target)
        step = dtbtrs(factor, own - of_lengths @ length_step, uplo="L", trans="T")[0]
        return step.reshape(self._gradient.shape), length_step

    def _add_blocks(self, blocks: np.ndarray, joints: slice | int, *, below: int) -> None:
        """Add (F, 3, 3) or (F, J, 3, 3) whose rows lie ``below`` unknowns under their columns."""
        for a in range(3):
            for b in range(3):
                offset = below + a - b
                if offset >= 0:
                    self._band[offset, :, joints, b] += blocks[..., a, b]


def solved_lower(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """L^-1 B, by products of matrices.

    LAPACK's tbtrs and pbtrs read the whole band anew for each of B's columns, which takes eight
    times as long for a body's bones.

    Args:
        factor: (bandwidth + 1, N), as scipy's ``cholesky_banded`` returns it with ``lower``.
        right: B (N, R).
    """
    bandwidth, size = len(factor) - 1, factor.shape[1]
    # Column by column in memory, so that the band is a dense matrix whose columns overlap.
    flat = np.ravel(factor, order="F")
    step = flat.strides[0]

    def dense(rows: range, columns: range) -> np.ndarray:
        begin = step * (rows.start + columns.start * bandwidth)
        strides = step, step * bandwidth
        return np.ndarray((len(rows), len(columns)), np.float64, flat, begin, strides)

    solved = np.array(right, np.float64)
    together = max(1, min(TOGETHER, bandwidth))
    # What lies beyond the band is other columns'.
    inside = np.triu(np.ones((bandwidth, together), bool), together - bandwidth)
    for first in range(0, size, together):
        columns = range(first, min(first + together, size))
        below = range(columns.stop, min(columns.stop + bandwidth, size))
        part = dtrsm(1.0, dense(columns, columns), solved[columns.start : columns.stop], lower=1)
        solved[columns.start : columns.stop] = part
        if below:
            coupled = np.where(inside[: len(below)], dense(below, columns), 0.0)
            solved[below.start : below.stop] -= coupled @ part
    return solved
