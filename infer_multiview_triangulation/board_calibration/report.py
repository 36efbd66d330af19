"""The figures and warnings of a calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..multiview_geometry.camera import Camera
from .board import CHECKERBOARD, Board
from .intrinsics import NAMES, Intrinsics
from .quality import INLIER_FACTOR, LEAST_INLIER, HeldOut
from .selection import coverage
from .sightings import Sightings

LITTLE_COVERAGE = 0.4
UNSURE_FOCAL = 0.01
FEW_PICTURES, FEW_SHARED = 15, 10
MANY_CONTRADICTIONS = 0.05
LARGE_ERROR = 1.0
# Held-out errors beyond so many times the others are a sign of views that are not synchronous.
MUCH_WORSE = 3.0


def quality_of(
    sightings: Sightings,
    cameras: Sequence[Camera],
    errors: np.ndarray,
    judged: HeldOut,
    *,
    coefficients: Sequence[int],
    intrinsics: Sequence[Intrinsics] | None,
    used: np.ndarray,
    held: np.ndarray,
    board: Board,
    contradicting: float,
) -> dict[str, Any]:
    """The report.

    Args:
        errors: (V, B, C) pixels at the moments ``used``.
        judged: The errors at the moments ``held``.
        coefficients: Of distortion, as they were adjusted with all views together.
        contradicting: The share of sightings that was left out, as others contradict it.
    """
    usual = float(np.nanmedian(errors))
    limit = max(LEAST_INLIER, INLIER_FACTOR * usual)
    views = []
    for view, name in enumerate(sightings.names):
        known = errors[view][np.isfinite(errors[view])]
        median = float(np.median(known)) if len(known) else None
        lens = intrinsics[view] if intrinsics else None
        seen, shared = sightings.seen[view], sightings.seen.sum(axis=0) >= 2
        views.append(
            {
                "name": name,
                "pictures": sightings.pictures[view],
                "pictures_with_board": int(seen.sum()),
                "shared_moments": int((seen & shared).sum()),
                "used": int(seen[used].sum()),
                "held_out": int(seen[held].sum()),
                "coverage": coverage(sightings.pixels[view], sightings.sizes[view]),
                "median": median,
                "mad": float(np.median(np.abs(known - median))) if len(known) else None,
                "inlier_share": float((known <= limit).mean()) if len(known) else None,
                "left_out_median": _plain(judged.left_out[view]),
                "own_held_out_rms": lens.held_out_error if lens else None,
                "focal": [float(f) for f in np.diag(cameras[view].matrix)[:2]],
                "focal_deviation": _plain(lens.focal_deviation) if lens else None,
                "distortion_model": _model(lens, coefficients[view]),
            }
        )
    distances = judged.distances
    warnings = _warnings(views, board, has_intrinsics=intrinsics is not None)
    if len(views) > 1 and not len(held):
        warnings.append(
            "every moment at which two views see the board was needed to place them, so that none "
            "is left to judge by: show it to two views at once, longer"
        )
    if contradicting > MANY_CONTRADICTIONS:
        warnings.append(
            f"{contradicting:.0%} of what views saw of the board contradicts the others and was "
            "left out: look whether all videos run together, and whether the board is as board says"
        )
    return {
        "reprojection_median": usual,
        "left_out_median": _plain(np.nanmedian(judged.left_out)) if _any(judged) else None,
        "distance_error_mm": None if np.isnan(distances) else 1000 * distances,
        "frames_looked_at": max(sightings.pictures),
        "frames_used": sightings.moments[used].tolist(),
        "frames_held_out": sightings.moments[held].tolist(),
        "warnings": warnings,
        "views": views,
    }


def _model(lens: Intrinsics | None, count: int) -> str:
    if lens is None:
        return "as given"
    return ",".join(NAMES[: lens.model if count < 0 else count])


def _any(judged: HeldOut) -> bool:
    return bool(np.isfinite(judged.left_out).any())


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _warnings(views: Sequence[dict[str, Any]], board: Board, *, has_intrinsics: bool) -> list[str]:
    told = []
    for view in views:
        name = view["name"]
        if has_intrinsics and view["coverage"] < LITTLE_COVERAGE:
            told.append(
                f"view {name}: the board was seen in {view['coverage']:.0%} of the picture only, "
                "beyond which its distortion is guessed: hold the board into the corners, too"
            )
        deviation = view["focal_deviation"]
        if has_intrinsics and (deviation is None or deviation > UNSURE_FOCAL):
            how = "cannot be told" if deviation is None else f"is uncertain by {deviation:.1%}"
            told.append(
                f"view {name}: its focal length {how}: tilt the board towards each side by 30 "
                "degrees and more"
            )
        if has_intrinsics and view["used"] + view["held_out"] < FEW_PICTURES:
            told.append(
                f"view {name} shows the board in {view['used'] + view['held_out']} of the pictures "
                f"that were used: {FEW_PICTURES} and more tell more"
            )
        if len(views) > 1 and view["shared_moments"] < FEW_SHARED:
            told.append(
                f"view {name} sees the board together with another view at "
                f"{view['shared_moments']} moments only: show it to two views at once, longer"
            )
        if view["median"] is not None and view["median"] > LARGE_ERROR:
            told.append(
                f"view {name} misses the corners by {view['median']:.1f} pixels: the board is not "
                "flat, moved too fast, or its pictures are not synchronous with the others'"
            )
        left_out, own = view["left_out_median"], view["own_held_out_rms"]
        if left_out and own and left_out > max(LARGE_ERROR, MUCH_WORSE * own):
            told.append(
                f"view {name}: what the other views say of the board misses it by {left_out:.1f} "
                f"pixels, its own pictures by {own:.1f}: the videos do not run together (cut them "
                "to the same beginning), or it was moved"
            )
    if board.kind == CHECKERBOARD and len(board.turns) > 1 and len(views) > 1:
        told.append(
            f"a checkerboard of {board.columns}x{board.rows} squares looks the same upside down: "
            "how it lay was told by its motion; one of an even and an odd count is surer"
        )
    return told
