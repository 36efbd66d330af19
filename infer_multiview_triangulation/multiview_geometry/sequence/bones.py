"""Bones: pairs of joints whose distance hardly changes."""

from __future__ import annotations

import numpy as np

from ..skeletons import Skeleton


def bone_pairs(skeleton: Skeleton) -> np.ndarray:
    """(B, 2) joints at the ends of each bone."""
    return np.array(skeleton.bones, int).reshape(-1, 2)


def bone_lengths(points: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Median length (B,) over the frames of (F, J, 3); NaN where a bone is never whole."""
    if not len(bones):
        return np.zeros(0)
    lengths = np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1)
    known = np.isfinite(lengths).any(axis=0)
    medians = np.full(len(bones), np.nan)
    medians[known] = np.nanmedian(lengths[:, known], axis=0)
    return medians
