"""What an estimate tells of itself: plain JSON values, and warnings in the user's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .gain import drift
from .store import FrameStore

FEW_FRAMES = 5
MUCH_UNSEEN = 0.05
STRONG_DRIFT = 0.25
MASK_OF_ONES = 1


def make_report(
    store: FrameStore, method: str, used: int, coverage: np.ndarray, gains: np.ndarray
) -> dict[str, Any]:
    """Numbers and warnings of a plate.

    Args:
        used: How many of the store's frames the method looked at.
        coverage: Share of them that show each pixel, float32 (H, W).
        gains: float32 (N, 3).
    """
    hole_share = float((coverage == 0).mean())
    exposure = drift(gains)
    return {
        "method": method,
        "frames_offered": store.offered,
        "frames_used": used,
        "stride": store.stride,
        "mattes_used": store.mattes,
        "hole_share": hole_share,
        "mean_coverage": float(coverage.mean()),
        "gain_drift": exposure,
        "warnings": [*store.warnings, *_warnings(store, used, hole_share, exposure)],
    }


def _warnings(store: FrameStore, used: int, hole_share: float, exposure: float) -> list[str]:
    warnings = []
    if used < FEW_FRAMES:
        warnings.append(f"only {used} frames were used; people may stay in the plate")
    if 0 < store.mattes < store.count:
        warnings.append(
            f"{store.count - store.mattes} of {store.count} frames had no matte and count as "
            "background throughout"
        )
    if store.has_mattes and store.highest_matte <= MASK_OF_ONES:
        warnings.append(
            f"no matte exceeds {store.highest_matte}, so all of it counts as background: scale "
            "masks of 0 and 1 to 0 and 255"
        )
    if hole_share == 1:
        warnings.append("the mattes cover everything in every frame; the plate means nothing")
    elif hole_share > MUCH_UNSEEN:
        warnings.append(f"{hole_share:.1%} of the plate was never seen and is a guess")
    if exposure > STRONG_DRIFT:
        warnings.append(f"exposure changes by {exposure:.0%} between frames; the plate is a middle")
    return warnings
