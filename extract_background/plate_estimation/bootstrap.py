"""A plate without mattes: estimate it, find what moves or differs, leave that out, again.

The idea of BB-SGD (background bootstrapping): weights fall with the distance to the estimate and
with dense optical flow.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within
from . import kernels
from .aligned import AlignedFrames, Estimate
from .left_behind import FAR, distance_to, emptier, is_hidden
from .per_pixel import weighted_median
from .store import FrameStore

ROUNDS = 3
FLOW_SIDE, LEAST_FLOW_SIDE = 480, 16
FLOW_PIXELS = 0.25
DISTANCE_LEVELS = 6.0
# Weights are found on pictures of half the size: a quarter of the work, and plates that are as
# near to the truth or nearer, for the noise of the distances is averaged.
COARSER, LEAST_SIDE = 2, 16
LEAST_WEIGHT = 4


def bootstrap(frames: AlignedFrames) -> Estimate:
    """Estimate from frames without mattes; where they have some, that part of a frame is not used.

    A frame shows a pixel of the plate where it looks like the plate. Flow has no say in that: on
    flat walls it is noise, which costs no accuracy, for their pixels are alike in all frames.
    """
    store = frames.store
    if store.count < 3:
        return weighted_median(frames)
    motion = motion_weights(frames)
    coarse = replace(frames, store=_coarse(frames))
    weights = coarse.store.array(coarse.store.frames.shape[:3])
    for index, still in enumerate(motion):
        weights[index] = cv2.resize(still, weights.shape[:0:-1])
        weights[index][is_hidden(coarse, index)] = 0
    plate = coarse.over_tiles(kernels.median, weights)
    seen, elsewhere = distance_weights(coarse, plate, motion, out=weights)
    for _ in range(ROUNDS - 1):
        coarse.check_stop()
        plate = coarse.over_tiles(kernels.robust_mean, weights)
        seen, elsewhere = distance_weights(coarse, plate, motion, out=weights)
    taken = emptier(
        coarse,
        plate,
        motion,
        weights,
        elsewhere=elsewhere,
        near=noise_of(coarse, plate) + DISTANCE_LEVELS,
    )
    seen = np.where(taken > 0, taken, seen)
    size = store.shape[1::-1]
    full = store.array(store.frames.shape[:3])
    for index, weight in enumerate(weights):
        frames.check_stop()
        full[index] = cv2.resize(weight, size)
        full[index][is_hidden(frames, index)] = 0
    store.release(full)
    times = np.rint(cv2.resize(seen.astype(np.float32), size)).astype(np.int32)
    times = np.where(frames.times_seen() > 0, np.maximum(1, times), 0)
    plate = frames.over_tiles(kernels.robust_mean, full)
    return Estimate(plate, times, store.count)


def _coarse(frames: AlignedFrames) -> FrameStore:
    """The frames at half their size."""
    height, width = (max(min(side, LEAST_SIDE), side // COARSER) for side in frames.store.shape[:2])
    store = frames.store.like_this(frames.store.count)
    for frame, weight in frames.each():
        matte = None
        if frames.store.has_mattes:
            matte = cv2.resize(255 - weight, (width, height), interpolation=cv2.INTER_AREA)
        store.add(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), matte)
    return store


def motion_weights(frames: AlignedFrames) -> np.ndarray:
    """Low where dense optical flow to the neighbour frames says motion.

    Returns uint8 (N, h, w), at most 480 pixels long.
    """
    size = size_within(frames.store.shape, FLOW_SIDE, LEAST_FLOW_SIDE)
    grey = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for frame, _ in frames.each()
    ]
    speeds = _speeds(frames, grey)
    weights = np.empty((len(grey), *grey[0].shape), np.uint8)
    box = np.ones((5, 5), np.uint8)
    for index in range(len(grey)):
        around = np.max(speeds[max(0, index - 1) : index + 1], axis=0)
        fastest = cv2.dilate(around.astype(np.float32), box)
        share = np.exp(-fastest / FLOW_PIXELS)
        weights[index] = np.maximum(LEAST_WEIGHT, np.rint(share * 255))
    return weights


def _speeds(frames: AlignedFrames, grey: list[np.ndarray]) -> list[np.ndarray]:
    """Pixels a frame from each frame to the next, less the camera's own, float16 (h, w)."""
    flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    speeds = []
    for before, after in frames.meter.over(pairwise(grey), len(grey) - 1):
        frames.check_stop()
        vectors = flow.calc(before, after, None)
        vectors -= np.median(vectors, axis=(0, 1))
        speeds.append(np.linalg.norm(vectors, axis=-1).astype(np.float16))
    return speeds


def distance_weights(
    frames: AlignedFrames, plate: np.ndarray, motion: np.ndarray, *, out: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill ``out`` with ``motion``, lowered further where a frame differs from ``plate``.

    Args:
        frames: The frames.
        plate: float32 (H, W, 3).
        motion: uint8 (N, h, w), of any size.
        out: uint8 (N, H, W).

    Returns:
        How many frames look like the plate, within noise, in each pixel, and how many are far
        from it; int32 (H, W) each.
    """
    noise = noise_of(frames, plate)
    alike = np.zeros(plate.shape[:2], np.int32)
    elsewhere = np.zeros_like(alike)
    for index, (frame, _) in enumerate(frames.each()):
        distance = distance_to(plate, frame, frames.gains[index])
        still = cv2.resize(motion[index], out.shape[:0:-1])
        out[index] = _attenuated(still, distance - noise)
        hidden = is_hidden(frames, index)
        out[index][hidden] = 0
        distance[hidden] = np.nan
        alike += distance <= noise + DISTANCE_LEVELS
        elsewhere += distance > noise + DISTANCE_LEVELS + FAR
    frames.store.release(out)
    return alike, elsewhere


def noise_of(frames: AlignedFrames, plate: np.ndarray) -> np.float32:
    """Levels by which a frame differs from the plate (H, W, 3) where it shows it."""
    middle = frames.store.count // 2
    aligned = frames.store.frames[middle] * frames.gains[middle]
    return np.float32(2 * np.median(np.abs(aligned - plate)))


def _attenuated(motion: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """``motion`` lowered where ``excess`` levels are above 0: uint8 (H, W) of the two.

    By OpenCV, which takes a compiled kernel's time and needs no compiling.
    """
    excess = np.maximum(excess, 0)
    share = cv2.exp(cv2.multiply(excess, excess, scale=-1 / DISTANCE_LEVELS**2))
    lowered = cv2.multiply(motion, share, dtype=cv2.CV_32F)
    return np.maximum(lowered, LEAST_WEIGHT).astype(np.uint8)
