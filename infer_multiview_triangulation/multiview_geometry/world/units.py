"""Which unit of length a world has, from the size of people in it."""

from __future__ import annotations

import numpy as np

# Stature of people in each unit: what a trajectory's extent is compared with.
STATURES = {"m": 1.7, "cm": 170.0, "mm": 1700.0}
# How many times larger or smaller than that a person may be.
MAX_RATIO = 3.0


def unit_of(points: np.ndarray, stated: str) -> str:
    """``stated``, or for auto the unit in which the person's extent is nearest to a person's.

    Args:
        points: (F, J, 3), NaN where unknown.

    Returns:
        ``m``, ``cm``, ``mm``, or ``unknown`` where no unit fits within a factor of three.
    """
    if stated != "auto":
        return stated
    seen = points[np.isfinite(points).any(axis=(1, 2))]
    extents = np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)
    extents = extents[np.isfinite(extents).all(axis=1)]
    if not len(extents):
        return "unknown"
    size = max(float(np.median(np.linalg.norm(extents, axis=1))), 1e-12)
    ratios = {unit: abs(np.log(size / length)) for unit, length in STATURES.items()}
    best = min(ratios, key=ratios.__getitem__)
    return best if ratios[best] < np.log(MAX_RATIO) else "unknown"
