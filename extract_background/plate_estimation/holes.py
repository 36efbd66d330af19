"""What no frame shows, filled from the plate itself: its texture, moved, and brought to fit.

A part of the plate whose surroundings look like the hole's is copied there, as in shift maps
(Pritch, Kav-Venaki, Peleg, 2009), but with one shift a hole. What is left of a difference along
the rim is spread over the hole smoothly, as in Poisson cloning (Pérez, Gangnet, Blake, 2003).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within

WORKING_SIDE, SEARCH_SIDE, STRIDE = 960, 120, 2
# In shares of the short side: the rim that has to look alike, and how near a hole pixels that few
# frames show are as doubtful, for they hold a person's edge.
RIM_SHARE, DOUBT_SHARE = 0.05, 0.015
FEW_FRAMES = 0.5
# Holes of fewer pixels, at the size at which shifts are searched, are filled smoothly.
SMALLEST = 12
# A shift may miss the rim by so many times what a smooth filling does, which has no texture.
ALLOWED = 1.6
# How much of a hole the moved picture has to know, and what a shift of a whole picture costs in
# levels: what is near is likelier to go on.
LEAST_KNOWN, COST_OF_DISTANCE = 0.995, 8.0


def doubtful(holes: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """``holes``, bool (H, W), and beside them what few of the frames show, bool (H, W).

    Args:
        holes: What no frame shows.
        coverage: float32 (H, W), the share of the frames that show each pixel.
    """
    radius = max(1, round(DOUBT_SHARE * min(holes.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    near = cv2.dilate(holes.view(np.uint8), disc) > 0
    found = holes | (near & (coverage < FEW_FRAMES))
    return holes if found.all() else found


def fill_holes(background: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fill ``holes`` at a size that keeps the time bounded; other pixels stay.

    Args:
        background: uint8 (H, W, 3).
        holes: bool (H, W), not all of it.
    """
    height, width = holes.shape
    size = size_within(holes.shape, WORKING_SIDE)
    touched = cv2.resize(holes.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    if touched.all():
        touched = cv2.resize(holes.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    filled = smoothly_filled(small, ~touched)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(touched.view(np.uint8))
    least = SMALLEST * (max(size) / SEARCH_SIDE) ** 2
    for label in range(1, len(statistics)):
        if statistics[label, cv2.CC_STAT_AREA] >= least:
            hole = labels == label
            moved = _moved_onto(small, ~touched, hole)
            if moved is not None:
                filled[hole] = moved[hole]
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    levels = np.clip(np.rint(large), 0, 255).astype(np.uint8)
    return np.where(holes[..., None], levels, background)


def smoothly_filled(values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    """``values`` float32 (H, W, 3) where ``is_known``, carried on smoothly elsewhere.

    By averages over ever larger squares, as pull-push does (Gortler et al., The Lumigraph, 1996).
    """
    weight = is_known.astype(np.float32)
    filled = _pulled(values * weight[..., None], weight)
    return np.where(is_known[..., None], values, filled)


def _pulled(total: np.ndarray, weight: np.ndarray) -> np.ndarray:
    height, width = weight.shape
    mean = total / np.maximum(weight, 1e-6)[..., None]
    if min(height, width) < 2 or (weight >= 1).all():
        return mean
    half = (-(-width // 2), -(-height // 2))
    shrunk = [cv2.resize(x, half, interpolation=cv2.INTER_AREA) for x in (total, weight)]
    known = np.minimum(1, 4 * shrunk[1])
    scaled = shrunk[0] / np.maximum(shrunk[1], 1e-6)[..., None] * known[..., None]
    coarse = cv2.resize(_pulled(scaled, known), (width, height), interpolation=cv2.INTER_LINEAR)
    return weight[..., None] * mean + (1 - weight[..., None]) * coarse


def _moved_onto(picture: np.ndarray, is_known: np.ndarray, hole: np.ndarray) -> np.ndarray | None:
    """``picture`` moved by the shift that fits best, brought to the rim; None without one."""
    shift = _best_shift(picture, is_known, hole)
    if shift is None:
        return None
    moved, moved_known = _shifted(picture, shift), _shifted(is_known.astype(np.float32), shift)
    moved = smoothly_filled(moved, moved_known > 0.5)
    both = is_known & (moved_known > 0.5)
    # Only the rim says what the hole needs: far from it the two may be anything.
    both &= cv2.dilate(hole.view(np.uint8), _box(RIM_SHARE * min(hole.shape))) > 0
    if not both.any():
        return None
    return moved + smoothly_filled(picture - moved, both)


def _best_shift(
    picture: np.ndarray, is_known: np.ndarray, hole: np.ndarray
) -> tuple[int, int] | None:
    """By how many pixels right and down what surrounds the hole is found again.

    None where going on smoothly tells the surroundings much better than any shift.
    """
    size = size_within(hole.shape, SEARCH_SIDE)
    scale = hole.shape[1] / size[0]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small_hole, known = (
        cv2.resize(x.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for x in (hole, is_known)
    )
    inside, known = small_hole > 0.5, known > 0.99
    rim = (cv2.dilate(inside.view(np.uint8), _box(RIM_SHARE * min(size))) > 0) & known
    holes_at, rims_at = np.argwhere(inside), np.argwhere(rim)
    if not len(holes_at) or not len(rims_at):
        return None
    wanted = small[rim]
    # What going on smoothly would make of the rim, were it a part of the hole.
    smooth = smoothly_filled(small, known & ~rim)[rim]
    best, found = ALLOWED * float(np.abs(smooth - wanted).mean()), None
    height, width = inside.shape
    for down in range(-(height // 4) * 2, height // 2 + 1, STRIDE):
        for right in range(-(width * 3 // 8) * 2, width * 3 // 4 + 1, STRIDE):
            step = np.array([down, right])
            if _share_known(known, holes_at - step) < LEAST_KNOWN:
                continue
            places = rims_at - step
            rows, columns = places.T
            usable = _inside(places, known.shape)
            usable[usable] = known[rows[usable], columns[usable]]
            if usable.mean() < 0.5:
                continue
            difference = np.abs(small[rows[usable], columns[usable]] - wanted[usable]).mean()
            cost = difference + COST_OF_DISTANCE * float(np.hypot(down, right)) / width
            if cost < best:
                best, found = cost, (round(right * scale), round(down * scale))
    return found


def _share_known(known: np.ndarray, places: np.ndarray) -> float:
    inside = _inside(places, known.shape)
    rows, columns = places[inside].T
    return float(known[rows, columns].sum()) / len(places)


def _inside(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    is_inside: np.ndarray = (places >= 0) & (places < np.array(shape))
    return np.asarray(is_inside.all(axis=1))


def _shifted(picture: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    right, down = shift
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(picture, move, picture.shape[1::-1], flags=cv2.INTER_NEAREST)


def _box(side: float) -> np.ndarray:
    return np.ones((2 * max(1, round(side)) + 1,) * 2, np.uint8)
