"""Points over time before and after an optimisation: bones, and frames where a joint is unknown."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..points.errors import finite_median
from ..skeletons import Skeleton


def bone_pairs(skeleton: Skeleton) -> np.ndarray:
    """(B, 2) joints at the ends of each bone."""
    return np.array(skeleton.bones, int).reshape(-1, 2)


def bone_lengths(points: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Median length (B,) over the frames of (F, J, 3); NaN where a bone is never whole."""
    lengths = np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1)
    return np.array([finite_median(of_bone) for of_bone in lengths.T], np.float64)


def fill_gaps(points: np.ndarray) -> np.ndarray:
    """Fill unknown places of each joint linearly in time; joints never known become 0.

    Args:
        points: (F, J, 3), NaN where unknown.
    """
    filled = points.copy()
    frames = np.arange(len(points))
    for joint in range(points.shape[1]):
        known = np.isfinite(points[:, joint, 0])
        if known.all():
            continue
        for axis in range(3):
            values = points[known, joint, axis]
            filled[:, joint, axis] = np.interp(frames, frames[known], values) if len(values) else 0
    return filled


def open_long_gaps(filled: np.ndarray, points: np.ndarray, longest: int) -> np.ndarray:
    """NaN in ``filled`` (F, J, 3) where a gap of ``points`` is too long to be bridged.

    That is where a joint is unknown for more than ``longest`` frames, or beyond its first and last.
    """
    opened = filled.copy()
    known = np.isfinite(points[..., 0])
    for joint in range(points.shape[1]):
        frames = np.flatnonzero(known[:, joint])
        if not len(frames):
            opened[:, joint] = np.nan
            continue
        opened[: frames[0], joint] = opened[frames[-1] + 1 :, joint] = np.nan
        for before, after in pairwise(frames):
            if after - before - 1 > longest:
                opened[before + 1 : after, joint] = np.nan
    return opened
