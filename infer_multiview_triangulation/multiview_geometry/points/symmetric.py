"""Many symmetric systems of three unknowns at once, by cofactors."""

from __future__ import annotations

import numpy as np

SINGULAR = 1e-12


def invert_symmetric(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses (N, 3, 3) of positive (N, 3, 3), and which of them exist, (N,) bool."""
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


def solve_symmetric(matrices: np.ndarray, right: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Solve (N, 3, 3) x = (N, 3); NaN where not ``usable`` or singular."""
    inverses, exists = invert_symmetric(matrices)
    with np.errstate(invalid="ignore"):
        solved = np.einsum("nab,nb->na", inverses, right)
    return np.where((usable & exists)[:, None], solved, np.nan)
