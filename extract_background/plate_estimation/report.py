"""What an estimate tells of itself: plain JSON values, and warnings in the user's words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from .aligned import AlignedFrames, Estimate
from .plate import most_unlike
from .store import FrameStore

FEW_FRAMES = 5
MUCH_UNSEEN = 0.05
STRONG_DRIFT = 0.25
MASK_OF_ONES = 1
MANY_FRAMES = 0.1
UNLIKE_LEVELS = 20
SURELY_BACKGROUND = 250
FRAMES_COMPARED = 48


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
        **fit_of(unlike_shares(frames, background), has_mattes=store.has_mattes),
    }


def fit_of(shares: list[float], *, has_mattes: bool) -> dict[str, Any]:
    """How well a plate fits each of the frames that :func:`unlike_shares` looked at."""
    limit = most_unlike(has_mattes)
    return {
        "unlike_share": float(np.mean(shares)) if shares else 0.0,
        "unlike_by_frame": [round(share, 4) for share in shares],
        "frames_unlike": sum(share > limit for share in shares),
    }


def unlike_shares(frames: AlignedFrames, background: np.ndarray) -> list[float]:
    """Share of the pixels without a matte that differ from the plate by more than 20 levels.

    By frame, of some spread evenly, in small copies. Without mattes, people are in it.
    """
    small = frames.store.shrunk()
    plate = background
    if plate.shape != small.shape:
        plate = cv2.resize(plate, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    levels = plate.astype(np.float32)
    shares = []
    for index in range(0, small.count, -(-small.count // FRAMES_COMPARED)):
        frame = small.frames[index] * frames.gains[index]
        distance = np.abs(frame - levels).max(axis=-1)
        empty = small.weights[index] >= SURELY_BACKGROUND
        if empty.any():
            shares.append(float((distance[empty] > UNLIKE_LEVELS).mean()))
    return shares


def plate_warnings(store: FrameStore, report: dict[str, Any]) -> list[str]:
    """What is odd about a plate, by its numbers and the frames that it was made of."""
    used, unseen = report["frames_used"], report["hole_share"]
    drift, unlike = report["gain_drift"], report["unlike_share"]
    misfits, compared = report["frames_unlike"], len(report["unlike_by_frame"])
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
            unlike > most_unlike(store.has_mattes),
            f"{unlike:.0%} of what counts as background looks unlike the plate: the camera seems "
            "to move, or people fill most of the picture; a plate needs a fixed camera, or one "
            "that only turns or zooms and registration=auto with mattes",
        ),
        (
            unlike <= most_unlike(store.has_mattes) and misfits > MANY_FRAMES * max(1, compared),
            f"the plate does not fit {misfits} of the {compared} frames that it was compared with: "
            "something in the scene, its light or the camera changes there",
        ),
    )
    return [text for is_so, text in told if is_so]
