"""Standard errors of points that observations and the smoothness of motion hold in place."""

from __future__ import annotations

import numpy as np

# Where nothing was observed, an information of this share of the smoothness keeps it finite.
FAINT = 1e-9


def marginal_errors(information: np.ndarray, smooth: float) -> np.ndarray:
    """Standard errors (F, J) of joints, each over all frames, but apart from the others.

    Bones are left out, so that the errors are rather too large than too small.

    Args:
        information: (F, J, 3, 3) of the observations of each point.
        smooth: Weight of squared second differences; 0 where there is none.
    """
    if smooth <= 0 or len(information) < 3:
        covariance = np.linalg.pinv(information, hermitian=True)
        covariance[np.linalg.matrix_rank(information, hermitian=True) < 3] = np.nan
        return np.sqrt(np.trace(covariance, axis1=-2, axis2=-1))
    information = information + FAINT * smooth * np.eye(3)
    backward = _filter(information[::-1], smooth)[::-1]
    exchanged = [3, 4, 5, 0, 1, 2]
    both = _filter(information, smooth) + backward[..., exchanged, :][..., exchanged]
    # Each direction counted the frames' own observations.
    both[..., :3, :3] -= information[:-1]
    both[..., 3:, 3:] -= information[1:]
    variance = np.diagonal(np.linalg.inv(both), axis1=-2, axis2=-1)
    of_frames = np.concatenate([variance[..., :3], variance[-1:, :, 3:]])
    return np.sqrt(np.maximum(of_frames, 0).sum(axis=-1))


def _filter(information: np.ndarray, smooth: float) -> np.ndarray:
    """(F - 1, J, 6, 6): the information of frames 0 to f + 1 about the frames f and f + 1."""
    frames, joints = information.shape[:2]
    filtered = np.zeros((frames - 1, joints, 6, 6))
    filtered[0, :, :3, :3], filtered[0, :, 3:, 3:] = information[0], information[1]
    stencil = np.array([1.0, -2.0, 1.0])
    smoothness = smooth * np.kron(np.outer(stencil, stencil), np.eye(3))
    for frame in range(1, frames - 1):
        joint = np.broadcast_to(smoothness, (joints, 9, 9)).copy()
        joint[:, :6, :6] += filtered[frame - 1]
        joint[:, 6:, 6:] += information[frame + 1]
        oldest, coupling = joint[:, :3, :3], joint[:, :3, 3:]
        rest = joint[:, 3:, 3:] - coupling.transpose(0, 2, 1) @ np.linalg.solve(oldest, coupling)
        # Rounding makes it a little asymmetric, and from frame to frame that would grow.
        filtered[frame] = (rest + rest.transpose(0, 2, 1)) / 2
    return filtered
