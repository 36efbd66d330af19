"""What an estimate tells of itself: plain JSON values, and warnings in the user's words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from .gain import drift
from .store import FrameStore

FEW_FRAMES = 5
MUCH_UNSEEN = 0.05
STRONG_DRIFT = 0.25
MASK_OF_ONES = 1
# Measured: 0.00 to 0.01 with mattes and 0.08 without before a fixed camera; 0.5 in a tracking shot.
MOST_UNLIKE = 0.3
UNLIKE_LEVELS = 20
SURELY_BACKGROUND = 250
SMALL_SIDE = 240
FRAMES_COMPARED = 24


def make_report(
    store: FrameStore,
    method: str,
    used: int,
    background: np.ndarray,
    coverage: np.ndarray,
    gains: np.ndarray,
) -> dict[str, Any]:
    """Numbers and warnings of a plate.

    Args:
        used: How many of the store's frames the method looked at.
        background: The plate, uint8 (H, W, 3).
        coverage: Share of them that show each pixel, float32 (H, W).
        gains: float32 (N, 3).
    """
    hole_share = float((coverage == 0).mean())
    exposure = drift(gains)
    unlike = unlike_share(store, background, gains)
    return {
        "method": method,
        "frames_offered": store.offered,
        "frames_used": used,
        "stride": store.stride,
        "mattes_used": store.mattes,
        "hole_share": hole_share,
        "mean_coverage": float(coverage.mean()),
        "gain_drift": exposure,
        "unlike_share": unlike,
        "warnings": [*store.warnings, *_warnings(store, used, hole_share, exposure, unlike)],
    }


def unlike_share(store: FrameStore, background: np.ndarray, gains: np.ndarray) -> float:
    """Share of the pixels without a matte that differ from the plate by more than 20 levels.

    Of some frames, at a long side of 240 pixels. Without mattes, people are in it.
    """
    height, width = background.shape[:2]
    scale = min(1.0, SMALL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    plate = _shrunk(background, size)
    shares = []
    for index in range(0, store.count, -(-store.count // FRAMES_COMPARED)):
        distance = np.abs(_shrunk(store.frames[index], size) * gains[index] - plate).max(axis=-1)
        empty = _shrunk(store.weights[index], size) >= SURELY_BACKGROUND
        if empty.any():
            shares.append((distance[empty] > UNLIKE_LEVELS).mean())
    store.release()
    return float(np.mean(shares)) if shares else 0.0


def _shrunk(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def _warnings(
    store: FrameStore, used: int, hole_share: float, exposure: float, unlike: float
) -> list[str]:
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
    if unlike > MOST_UNLIKE:
        warnings.append(
            f"{unlike:.0%} of what counts as background looks unlike the plate: the camera seems "
            "to move, or people fill most of the picture; a plate needs a fixed camera"
        )
    return warnings
