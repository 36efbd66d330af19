"""One camera from pictures of a board: focal lengths, principal point, distortion (Zhang, 2000)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from ..multiview_geometry.camera import Camera
from .adjustment import Adjusted, adjust, focal_deviation
from .poses import Rigid
from .selection import looks, most_different, still_ones

# By so many pictures a view is calibrated, and judged.
CHOSEN, JUDGED = 40, 16
LEAST_PICTURES, LEAST_JUDGED = 5, 3
# To begin from, in long sides of the picture: a fisheye's to a telephoto lens's.
FOCAL_LENGTHS = (0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.2, 3.5, 7.0)
# Pictures with so many times the usual error are left out, and calibrated without once more.
BAD_FACTOR = 3.0
# A richer model has to be better by this share on held-out pictures.
WORTH = 0.02
# By how many of OpenCV's coefficients lenses are described: k1; k2; p1 and p2; k3; k4 to k6.
NAMES = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
MODELS = (1, 2, 4, 5, 8)
# Without pictures to judge by no more than these.
SIMPLE_MODELS = (1, 2)


@dataclass(frozen=True)
class Intrinsics:
    """Of one view.

    Attributes:
        matrix: (3, 3).
        distortions: (5,) or (8,), in OpenCV's order.
        model: How many of the coefficients were estimated, one of :data:`MODELS`.
        used: Indices of the moments that it was calibrated by.
        held_out: Indices of those that it was judged by; empty where there were too few.
        error: Pixels, root of the mean square, in the pictures used.
        held_out_error: The same in the others; None where there are none.
        focal_deviation: Standard deviation of the focal length as a share of it.
    """

    matrix: np.ndarray
    distortions: np.ndarray
    model: int
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
    camera, boards = _beginning(name, pixels[used], corners, size)
    known = np.isfinite(boards.translation[:, 0])
    begin, used = (camera, boards[known]), used[known]
    if len(used) < LEAST_PICTURES:
        raise ValueError(_untellable(name, len(used)))
    begin = _improved(begin, pixels[used], corners)
    for model in MODELS if len(held) else SIMPLE_MODELS:
        found = _calibrated(
            pixels, used, held, corners=corners, size=size, model=model, begin=begin
        )
        if found is not None and (best is None or _is_better(found, best)):
            best = found
    if best is None:
        raise ValueError(_untellable(name, len(used)))
    return best


def _untellable(name: str, count: int) -> str:
    return (
        f"view {name} cannot be calibrated by its {count} pictures: tilt the board towards each "
        "side, and show it near and far"
    )


def _improved(
    begin: tuple[Camera, Rigid], pixels: np.ndarray, corners: np.ndarray
) -> tuple[Camera, Rigid]:
    """The beginning of all models, adjusted to the simplest."""
    adjusted = adjust([begin[0]], begin[1], pixels[None], corners, coefficients=[MODELS[0]])
    return adjusted.cameras[0], adjusted.boards


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
    model: int,
    begin: tuple[Camera, Rigid],
) -> Intrinsics | None:
    """By one model of the lens; None where the result is no camera.

    OpenCV's own calibrateCamera takes up to 20 seconds for a camera in 4.12, which Ikomia brings.
    """
    adjusted, errors = _adjusted(pixels[used], [begin[0]], begin[1], corners, model)
    good = errors <= BAD_FACTOR * np.median(errors)
    if not good.all() and good.sum() >= LEAST_PICTURES:
        used, boards = used[good], adjusted.boards[good]
        adjusted, errors = _adjusted(pixels[used], adjusted.cameras, boards, corners, model)
    camera = adjusted.cameras[0]
    if not 0.1 * max(size) < camera.matrix[0, 0] < 50 * max(size):
        return None
    error = float(np.sqrt(np.mean(errors**2)))
    deviation = focal_deviation(adjusted, pixels[None, used], corners)
    told = held_error(pixels[held], camera.matrix, camera.distortions, corners)
    return Intrinsics(
        camera.matrix, camera.distortions, model, used, held, error, told, focal_deviation=deviation
    )


def _adjusted(
    pixels: np.ndarray, cameras: Sequence[Camera], boards: Rigid, corners: np.ndarray, model: int
) -> tuple[Adjusted, np.ndarray]:
    """One camera by pictures (P, C, 2), and each picture's error in pixels (P,)."""
    adjusted = adjust(cameras, boards, pixels[None], corners, coefficients=[model])
    missed = np.linalg.norm(adjusted.cameras[0].project(adjusted.boards(corners)) - pixels, axis=-1)
    return adjusted, np.sqrt(np.nanmean(missed**2, axis=1))


def _beginning(
    name: str, pixels: np.ndarray, corners: np.ndarray, size: tuple[int, int]
) -> tuple[Camera, Rigid]:
    """A camera without distortion, and the board before it in each picture; NaN where none fits.

    The principal point is the middle; of focal lengths that lenses have, that by which boards miss
    their corners least. Zhang's closed form is led astray by distortion, and by half a board.
    """
    middle = (np.array(size) - 1) / 2
    best, best_error = None, np.inf
    for share in FOCAL_LENGTHS:
        focal = share * max(size)
        matrix = np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1]])
        camera = Camera(name, size, matrix, np.zeros(5), np.zeros(3), np.zeros(3))
        rotations, translations = zip(
            *[_pose(picture, corners, matrix) for picture in pixels], strict=True
        )
        boards = Rigid(np.array(rotations), np.array(translations))
        missed = np.linalg.norm(camera.project(boards(corners)) - pixels, axis=-1)
        known = missed[np.isfinite(missed)]
        error = float(np.median(known)) if len(known) else np.inf
        if best is None or error < best_error:
            best, best_error = (camera, boards), error
    assert best is not None
    return best


def _pose(pixels: np.ndarray, corners: np.ndarray, matrix: np.ndarray) -> tuple:
    """Rotation (3, 3) and translation (3,) of the board in a picture, NaN where none fits."""
    seen = np.isfinite(pixels[:, 0])
    try:
        done, rotation, translation = cv2.solvePnP(
            corners[seen], pixels[seen], matrix, np.zeros(5), flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        done, rotation, translation = False, np.zeros(3), np.zeros(3)
    if not done or not np.isfinite(translation).all() or translation.ravel()[2] <= 0:
        return np.full((3, 3), np.nan), np.full(3, np.nan)
    return Rotation.from_rotvec(rotation.ravel()).as_matrix(), translation.ravel()


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
