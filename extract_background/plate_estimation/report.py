"""What an estimate tells of itself: plain JSON values, and warnings in the user's words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within
from .aligned import AlignedFrames, Estimate
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
    frames: AlignedFrames, estimate: Estimate, background: np.ndarray, *, method: str
) -> dict[str, Any]:
    """Numbers of the plate ``background``, uint8 (H, W, 3)."""
    store, gains = frames.store, frames.gains
    return {
        "method": method,
        "frames_offered": store.offered,
        "frames_used": estimate.frames_used,
        "stride": store.stride,
        "mattes_used": store.mattes,
        "hole_share": float((estimate.seen == 0).mean()),
        "mean_coverage": float(estimate.coverage.mean()),
        "gain_drift": float((gains.max(axis=0) / gains.min(axis=0)).max() - 1),
        "unlike_share": unlike_share(frames, background),
    }


def unlike_share(frames: AlignedFrames, background: np.ndarray) -> float:
    """Share of the pixels without a matte that differ from the plate by more than 20 levels.

    Of some frames, at a long side of 240 pixels. Without mattes, people are in it.
    """
    store = frames.store
    size = size_within(background.shape, SMALL_SIDE)

    def shrunk(picture: np.ndarray) -> np.ndarray:
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)

    plate = shrunk(background)
    shares = []
    for index in range(0, store.count, -(-store.count // FRAMES_COMPARED)):
        frame = shrunk(store.frames[index]) * frames.gains[index]
        distance = np.abs(frame - plate).max(axis=-1)
        empty = shrunk(store.weights[index]) >= SURELY_BACKGROUND
        if empty.any():
            shares.append((distance[empty] > UNLIKE_LEVELS).mean())
    store.release()
    return float(np.mean(shares)) if shares else 0.0


def plate_warnings(store: FrameStore, report: dict[str, Any]) -> list[str]:
    """What is odd about a plate, by its numbers and the frames that it was made of."""
    used, unseen = report["frames_used"], report["hole_share"]
    drift, unlike = report["gain_drift"], report["unlike_share"]
    told = (
        (used < FEW_FRAMES, f"only {used} frames were used; people may stay in the plate"),
        (
            0 < store.mattes < store.count,
            f"{store.count - store.mattes} of {store.count} frames had no matte and count as "
            "background throughout",
        ),
        (
            store.has_mattes and store.highest_matte <= MASK_OF_ONES,
            f"no matte exceeds {store.highest_matte}, so all of it counts as background: scale "
            "masks of 0 and 1 to 0 and 255",
        ),
        (unseen == 1, "the mattes cover everything in every frame; the plate means nothing"),
        (
            MUCH_UNSEEN < unseen < 1,
            f"{unseen:.1%} of the plate was never seen and is a guess",
        ),
        (
            drift > STRONG_DRIFT,
            f"exposure changes by {drift:.0%} between frames; the plate is a middle",
        ),
        (
            unlike > MOST_UNLIKE,
            f"{unlike:.0%} of what counts as background looks unlike the plate: the camera seems "
            "to move, or people fill most of the picture; a plate needs a fixed camera",
        ),
    )
    return [text for is_so, text in told if is_so]
