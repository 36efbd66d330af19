"""Rotations as matrices (..., 3, 3) and rotation vectors (..., 3) in radians."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

# Beyond this angle the antisymmetric part no longer tells the axis.
ALMOST_HALF_TURN = 3.0
# A vector shorter than this has no direction.
TINY = 1e-9


def exponential(vectors: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3) to matrices (..., 3, 3) by Rodrigues' formula."""
    squared = np.einsum("...i,...i->...", vectors, vectors)
    angle = np.sqrt(squared)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 1 - squared / 6, np.sin(safe) / safe)
    second = np.where(small, 0.5 - squared / 24, (1 - np.cos(safe)) / (safe * safe))
    matrix = second[..., None, None] * vectors[..., :, None] * vectors[..., None, :]
    matrix += first[..., None, None] * hat(vectors)
    diagonal = np.where(small, 1 - squared / 2, np.cos(safe))
    for i in range(3):
        matrix[..., i, i] += diagonal
    return matrix


def logarithm(matrices: np.ndarray) -> np.ndarray:
    """Matrices (..., 3, 3) to rotation vectors (..., 3) of at most half a turn."""
    axis = 0.5 * np.stack(
        [
            matrices[..., 2, 1] - matrices[..., 1, 2],
            matrices[..., 0, 2] - matrices[..., 2, 0],
            matrices[..., 1, 0] - matrices[..., 0, 1],
        ],
        axis=-1,
    )
    sine = np.sqrt(np.einsum("...i,...i->...", axis, axis))
    cosine = 0.5 * (matrices[..., 0, 0] + matrices[..., 1, 1] + matrices[..., 2, 2] - 1)
    angle = np.arctan2(sine, cosine)
    has_axis = sine > 1e-12
    vectors = axis * np.where(has_axis, angle / np.where(has_axis, sine, 1.0), 1.0)[..., None]
    far = angle > ALMOST_HALF_TURN
    if far.any():
        vectors[far] = Rotation.from_matrix(matrices[far]).as_rotvec()
    return vectors


def interpolate(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Spherical interpolation (..., 3, 3) between rotations (..., 3, 3).

    Args:
        first, second: The ends.
        share: Broadcast against (..., 3): 0 at the first end, 1 at the second.
    """
    return first @ exponential(share * logarithm(first.swapaxes(-1, -2) @ second))


def hat(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) to the matrices (..., 3, 3) of the cross product with them."""
    matrix = np.zeros((*vectors.shape, 3))
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    matrix[..., 2, 1], matrix[..., 1, 2] = x, -x
    matrix[..., 0, 2], matrix[..., 2, 0] = y, -y
    matrix[..., 1, 0], matrix[..., 0, 1] = z, -z
    return matrix


def inverse_left_jacobian(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3): how log(exp(d) exp(v)) follows d at 0; its transpose is the right one's."""
    squared = np.einsum("...i,...i->...", vectors, vectors)
    angle = np.sqrt(squared)
    small = angle < 1e-3
    safe = np.where(small, 1.0, angle)
    curved = np.where(
        small, 1 / 12 + squared / 720, (1 - 0.5 * safe / np.tan(0.5 * safe)) / (safe * safe)
    )
    cross = hat(vectors)
    return np.eye(3) - 0.5 * cross + curved[..., None, None] * (cross @ cross)


def unit(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) of length 1; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def perpendicular(directions: np.ndarray) -> np.ndarray:
    """Any unit vector (..., 3) across a unit vector (..., 3)."""
    other = np.where(np.abs(directions[..., :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    return unit(np.cross(directions, other))


def rotation_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The smallest rotation (..., 3, 3) that takes one unit vector (..., 3) to another."""
    axis = np.cross(source, target)
    sine = np.linalg.norm(axis, axis=-1)
    cosine = np.einsum("...i,...i->...", source, target)
    # Opposite directions leave the axis open.
    axis = np.where((sine > TINY)[..., None], unit(axis), perpendicular(source))
    return exponential(axis * np.arctan2(sine, cosine)[..., None])


def orthonormal_frame(primary: np.ndarray, secondary: np.ndarray) -> np.ndarray:
    """Right-handed frames (..., 3, 3) by Gram and Schmidt.

    Columns are the primary direction (..., 3), the secondary one made perpendicular, and their
    cross product. Where the primary is zero or the secondary lies along it, any direction stands
    in.
    """
    is_zero = np.linalg.norm(primary, axis=-1, keepdims=True) < TINY
    first = np.where(is_zero, (1.0, 0.0, 0.0), unit(primary))
    across = secondary - np.einsum("...i,...i->...", secondary, first)[..., None] * first
    is_parallel = np.linalg.norm(across, axis=-1, keepdims=True) < TINY
    second = np.where(is_parallel, perpendicular(first), unit(across))
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def kabsch(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The rotations that best bring the source points onto the target ones (Kabsch, 1976).

    Args:
        source: (N, 3).
        target: (F, N, 3), finite.
        weights: (N,), not all zero.

    Returns:
        (F, 3, 3).
    """
    normalised = weights / weights.sum()
    centred = source - normalised @ source
    moved = target - np.einsum("n,fna->fa", normalised, target)[:, None]
    left, _, right = np.linalg.svd(np.einsum("n,fna,nb->fab", normalised, moved, centred))
    determinants = np.linalg.det(left @ right)
    left[..., :, 2] *= determinants[:, None]
    return left @ right
