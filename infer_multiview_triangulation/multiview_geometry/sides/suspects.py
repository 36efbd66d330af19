"""In which frames left and right may be exchanged somewhere: only these are looked at closely."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation

from ..points.errors import finite_median, reprojection_errors
from ..points.rays import Rays
from .groups import SideGroup

# So many joints of a view that fit the other side, or that no two views agree on.
MIN_JOINTS = 2
# Frames around a suspect one that are looked at, too.
AROUND = 2
TINY = 1e-9


def fits_other_side(rays: Rays, points: np.ndarray, group: SideGroup, scale: float) -> np.ndarray:
    """(V, F, G) bool: an observation is an outlier, and none where it is taken for the other's.

    Args:
        rays: Of the F * G points of the group.
        points: (F, G, 3).
        scale: Pixels beyond which an observation is an outlier.
    """
    shape = (len(rays.xy), *points.shape[:2])
    own, other = (
        reprojection_errors(rays, side.reshape(-1, 3)).reshape(shape)
        for side in (points, points[:, group.mirror])
    )
    with np.errstate(invalid="ignore"):
        return (own > scale) & (other < scale)


def suspect_frames(
    rays: Rays, agreed: np.ndarray, group: SideGroup, *, widths: np.ndarray, fits: np.ndarray
) -> np.ndarray:
    """(F,) bool.

    Args:
        rays: Of the F * G points of the group.
        agreed: (F, G, 3), NaN where no two views agree.
        widths: Of the joints, as :func:`joint_widths` has them.
        fits: As :func:`fits_other_side` has it.
    """
    suspect = (fits.sum(axis=2) >= MIN_JOINTS).any(axis=0)
    seen = (rays.observed.sum(axis=0) >= 2).reshape(agreed.shape[:2])
    suspect |= (seen & ~np.isfinite(agreed[..., 0])).sum(axis=1) >= MIN_JOINTS
    before, now = agreed[:-1], agreed[1:]
    with np.errstate(invalid="ignore"):
        same, other = (
            np.minimum(np.linalg.norm(now - side, axis=-1) / widths, 1)
            for side in (before, before[:, group.mirror])
        )
    suspect[1:] |= np.nansum(same - other, axis=1) > 0
    return binary_dilation(suspect, iterations=AROUND)


def joint_widths(points: np.ndarray, group: SideGroup) -> np.ndarray:
    """(G,): half the median distance of the two sides over the frames of (F, G, 3)."""
    apart = np.linalg.norm(points - points[:, group.mirror], axis=-1) / 2
    widths = np.array([finite_median(joint) for joint in apart.T], np.float64)
    if not np.isfinite(widths).any():
        return np.ones(len(widths))
    return np.maximum(np.where(np.isfinite(widths), widths, np.nanmedian(widths)), TINY)
