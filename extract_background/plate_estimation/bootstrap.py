"""A plate without mattes: estimate it, find what moves or differs, leave that out, again."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from .store import FrameStore

ROUNDS = 3
FLOW_PIXELS = 0.25
DISTANCE_LEVELS = 6.0
FLOOR = 4


def motion_weights(store: FrameStore) -> np.ndarray:
    """uint8 (N, H, W): low where dense optical flow to the neighbour frames says motion."""
    height, width = store.frames.shape[1:3]
    scale = min(1.0, 480 / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    grey = [
        cv2.resize(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for f in store.frames
    ]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    speed = []
    for before, after in pairwise(grey):
        vectors = flow.calc(before, after, None)
        vectors -= np.median(vectors, axis=(0, 1))
        speed.append(np.linalg.norm(vectors, axis=-1))
    weights = np.empty((len(grey), height, width), np.uint8)
    box = np.ones((5, 5), np.uint8)
    for index in range(len(grey)):
        around = speed[max(0, index - 1) : index + 1]
        fastest = cv2.dilate(np.max(around, axis=0), box)
        still = np.exp(-fastest / FLOW_PIXELS)
        weights[index] = cv2.resize(_bytes(still), (width, height))
    return weights


def distance_weights(
    store: FrameStore, plate: np.ndarray, gains: np.ndarray, motion: np.ndarray
) -> np.ndarray:
    """uint8 (N, H, W): ``motion``, lowered further where a frame differs from ``plate``."""
    noise = _noise(store, plate, gains)
    out = np.empty_like(motion)
    for index, frame in enumerate(store.frames):
        difference = np.abs(frame * gains[index] - plate).max(axis=-1)
        smooth = cv2.GaussianBlur(difference, (0, 0), 1.5)
        excess = np.maximum(0, smooth - noise) / DISTANCE_LEVELS
        near = np.exp(-(excess**2))
        out[index] = np.maximum(FLOOR, motion[index] * near).astype(np.uint8)
    return out


def _noise(store: FrameStore, plate: np.ndarray, gains: np.ndarray) -> float:
    middle = len(store.frames) // 2
    return 2 * float(np.median(np.abs(store.frames[middle] * gains[middle] - plate)))


def _bytes(share: np.ndarray) -> np.ndarray:
    return np.maximum(FLOOR, np.rint(share * 255)).astype(np.uint8)
