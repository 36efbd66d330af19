"""A plate without mattes: estimate it, find what moves or differs, leave that out, again.

The idea of BB-SGD (background bootstrapping): weights fall with the distance to the estimate and
with dense optical flow.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from .store import FrameStore

ROUNDS = 3
FLOW_SIDE = 480
FLOW_PIXELS = 0.25
DISTANCE_LEVELS = 6.0
SMOOTHING = 1.5
FLOOR = 4


def bootstrap(
    store: FrameStore, gains: np.ndarray, should_stop: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the plate float32 (H, W, 3) and how often each pixel was seen, int (H, W).

    A frame shows a pixel of the plate where it looks like the plate. Flow has no say in that: on
    flat walls it is noise, which costs no accuracy, for their pixels are alike in all frames.
    """
    from .kernels import median, robust_mean
    from .tiling import check, seen_often, tiled

    if store.count < 3:
        return tiled(store, median, gains, should_stop), seen_often(store)
    motion = motion_weights(store, should_stop)
    weights = store.array(store.frames.shape[:3])
    for index, still in enumerate(motion):
        weights[index] = _enlarged(still, weights.shape)
    plate = tiled(store, median, gains, should_stop, weights)
    for _ in range(ROUNDS):
        check(should_stop)
        seen = distance_weights(store, plate, gains, motion, weights)
        plate = tiled(store, robust_mean, gains, should_stop, weights)
    return plate, np.maximum(1, seen)


def motion_weights(store: FrameStore, should_stop: Callable[[], bool]) -> np.ndarray:
    """Low where dense optical flow to the neighbour frames says motion.

    Returns uint8 (N, h, w), at most 480 pixels long.
    """
    from .tiling import check

    height, width = store.frames.shape[1:3]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    grey = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for frame, _ in store.each()
    ]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    speed = []
    for before, after in pairwise(grey):
        check(should_stop)
        vectors = flow.calc(before, after, None)
        vectors -= np.median(vectors, axis=(0, 1))
        speed.append(np.linalg.norm(vectors, axis=-1).astype(np.float16))
    weights = np.empty((len(grey), *grey[0].shape), np.uint8)
    box = np.ones((5, 5), np.uint8)
    for index in range(len(grey)):
        around = np.max(speed[max(0, index - 1) : index + 1], axis=0)
        fastest = cv2.dilate(around.astype(np.float32), box)
        weights[index] = _bytes(np.exp(-fastest / FLOW_PIXELS))
    return weights


def distance_weights(
    store: FrameStore, plate: np.ndarray, gains: np.ndarray, motion: np.ndarray, out: np.ndarray
) -> np.ndarray:
    """Fill ``out`` with ``motion``, lowered further where a frame differs from ``plate``.

    Args:
        plate: float32 (H, W, 3).
        motion: uint8 (N, h, w), of any size.
        out: uint8 (N, H, W).

    Returns:
        How many frames look like the plate, within noise, in each pixel; int32 (H, W).
    """
    from .kernels import fade, farthest

    noise = _noise(store, plate, gains)
    alike = np.zeros(plate.shape[:2], np.int32)
    for index, (frame, _) in enumerate(store.each()):
        distance = cv2.GaussianBlur(farthest(frame, gains[index], plate), (0, 0), SMOOTHING)
        still = _enlarged(motion[index], out.shape)
        fade(still, distance, noise, np.float32(DISTANCE_LEVELS), np.float32(FLOOR), out[index])
        alike += distance <= noise + DISTANCE_LEVELS
    store.release(out)
    return alike


def _noise(store: FrameStore, plate: np.ndarray, gains: np.ndarray) -> np.float32:
    middle = store.count // 2
    return np.float32(2 * np.median(np.abs(store.frames[middle] * gains[middle] - plate)))


def _enlarged(weights: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(weights, (shape[2], shape[1]))


def _bytes(share: np.ndarray) -> np.ndarray:
    return np.maximum(FLOOR, np.rint(share * 255)).astype(np.uint8)
