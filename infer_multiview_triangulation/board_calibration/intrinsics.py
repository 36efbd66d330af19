"""One camera from pictures of a board: focal lengths, principal point, distortion (Zhang, 2000)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .selection import looks, most_different, still_ones

# By so many pictures a view is calibrated, and judged.
CHOSEN, JUDGED = 40, 16
LEAST_PICTURES, LEAST_JUDGED = 5, 3
# Pictures with so many times the usual error are left out, and calibrated without once more.
BAD_FACTOR = 3.0
# A richer model has to be better by this share on held-out pictures.
WORTH = 0.02
# By how many coefficients lenses are described, and what OpenCV has to hold for that.
_TANGENT, _K3 = cv2.CALIB_ZERO_TANGENT_DIST, cv2.CALIB_FIX_K3
MODELS = {
    "k1": _TANGENT | _K3 | cv2.CALIB_FIX_K2,
    "k1,k2": _TANGENT | _K3,
    "k1,k2,p1,p2": _K3,
    "k1,k2,p1,p2,k3": 0,
    "k1,k2,p1,p2,k3,k4,k5,k6": cv2.CALIB_RATIONAL_MODEL,
}
COEFFICIENTS = {name: len(name.split(",")) for name in MODELS}


@dataclass(frozen=True)
class Intrinsics:
    """Of one view.

    Attributes:
        matrix: (3, 3).
        distortions: (5,) or (8,), in OpenCV's order.
        model: Which of the coefficients were estimated, one of :data:`MODELS`.
        used: Indices of the moments that it was calibrated by.
        held_out: Indices of those that it was judged by; empty where there were too few.
        error: Pixels, root of the mean square, in the pictures used.
        held_out_error: The same in the others; None where there are none.
        focal_deviation: Standard deviation of the focal length as a share of it.
    """

    matrix: np.ndarray
    distortions: np.ndarray
    model: str
    used: np.ndarray
    held_out: np.ndarray
    error: float
    held_out_error: float | None
    focal_deviation: float


def calibrate_view(
    name: str,
    pixels: np.ndarray,
    speed: np.ndarray,
    *,
    is_held: np.ndarray,
    corners: np.ndarray,
    size: tuple[int, int],
) -> Intrinsics:
    """The intrinsics of one view.

    Of the lens models the simplest is taken than which none is clearly better in held-out pictures.

    Args:
        name: Of the view, for messages.
        pixels: (M, C, 2), NaN where unseen.
        speed: (M,) pixels a frame, NaN where the board was not seen.
        is_held: (M,) bool: the moments that are kept to judge by.
        corners: (C, 3) of the board in metres.
        size: Width and height.

    Raises:
        ValueError: The board is seen too rarely.
    """
    used = _spread(pixels, speed, ~is_held, CHOSEN, corners=corners, size=size)
    if len(used) < LEAST_PICTURES:
        raise ValueError(
            f"view {name} shows the board in {len(used)} pictures, a camera needs "
            f"{LEAST_PICTURES}, better 20: hold it nearer and slower, in all parts of the picture, "
            "or look at more frames (a smaller board_stride)"
        )
    held = _spread(pixels, speed, is_held, JUDGED, corners=corners, size=size)
    held = held if len(held) >= LEAST_JUDGED else held[:0]
    best: Intrinsics | None = None
    for model in MODELS if len(held) else ("k1", "k1,k2"):
        found = _calibrated(pixels, used, held, corners=corners, size=size, model=model)
        if found is not None and (best is None or _is_better(found, best)):
            best = found
    if best is None:
        raise ValueError(
            f"view {name} cannot be calibrated by its {len(used)} pictures: tilt the board towards "
            "each side, and show it near and far"
        )
    return best


def _spread(
    pixels: np.ndarray,
    speed: np.ndarray,
    allowed: np.ndarray,
    count: int,
    *,
    corners: np.ndarray,
    size: tuple[int, int],
) -> np.ndarray:
    """Indices of up to ``count`` pictures that differ most, of those in which the board rests."""
    seen = np.flatnonzero(allowed & ~np.isnan(speed))
    if not len(seen):
        return seen
    seen = seen[still_ones(speed[seen], count)]
    start = int(np.isfinite(pixels[seen][..., 0]).sum(axis=1).argmax())
    return np.sort(seen[most_different(looks(pixels[seen], corners, size), count, start)])


def _is_better(one: Intrinsics, other: Intrinsics) -> bool:
    if one.held_out_error is None or other.held_out_error is None:
        return one.error < (1 - WORTH) * other.error
    return one.held_out_error < (1 - WORTH) * other.held_out_error


def _calibrated(
    pixels: np.ndarray,
    used: np.ndarray,
    held: np.ndarray,
    *,
    corners: np.ndarray,
    size: tuple[int, int],
    model: str,
) -> Intrinsics | None:
    """By one model of the lens; None where the result is no camera."""
    for _ in range(2):
        points, observed = _lists(pixels, used, corners)
        try:
            error, matrix, distortions, _, _, deviations, _, errors = cv2.calibrateCameraExtended(
                points, observed, size, np.eye(3), np.zeros(5), flags=MODELS[model]
            )
        except cv2.error:
            return None
        errors = errors.ravel()
        good = errors <= BAD_FACTOR * np.median(errors)
        if good.all() or good.sum() < LEAST_PICTURES:
            break
        used = used[good]
    distortions = distortions.ravel()[:8]
    focal = float(matrix[0, 0])
    if not (np.isfinite(matrix).all() and 0.1 * max(size) < focal < 50 * max(size)):
        return None
    deviation = float(deviations.ravel()[0]) / focal
    told = held_error(pixels[held], matrix, distortions, corners)
    return Intrinsics(
        matrix, distortions, model, used, held, float(error), told, focal_deviation=deviation
    )


def _lists(pixels: np.ndarray, used: np.ndarray, corners: np.ndarray) -> tuple[list, list]:
    seen = [np.isfinite(pixels[moment, :, 0]) for moment in used]
    points = [corners[mask].astype(np.float32) for mask in seen]
    observed = [
        pixels[moment, mask].astype(np.float32) for moment, mask in zip(used, seen, strict=True)
    ]
    return points, observed


def held_error(
    pixels: np.ndarray, matrix: np.ndarray, distortions: np.ndarray, corners: np.ndarray
) -> float | None:
    """Pixels (root of the mean square) by which boards, each placed anew, are missed.

    Args:
        pixels: (M, C, 2) of pictures that were not calibrated by.
    """
    squares = []
    for picture in pixels:
        seen = np.isfinite(picture[:, 0])
        done, rotation, translation = cv2.solvePnP(
            corners[seen], picture[seen], matrix, distortions, flags=cv2.SOLVEPNP_ITERATIVE
        )
        if done:
            shown, _ = cv2.projectPoints(corners[seen], rotation, translation, matrix, distortions)
            squares.append(((shown.reshape(-1, 2) - picture[seen]) ** 2).sum(axis=1))
    return float(np.sqrt(np.concatenate(squares).mean())) if squares else None
