"""Clips with true mattes and imperfect ones: what temporal refinement has to cope with."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from development.synthetic.scenes import make_scene

FRAMES = 60
# Name: scene, its first moment, moments a frame.
CLIPS = {
    "moving": ("moving", 20, 1.0),
    "dance": ("dance", 20, 0.5),
    "longstay": ("longstay", 75, 1.0),
    "fast_dance": ("dance", 20, 1.0),
}
# Those that the figures are promised for; in the fast one the blurred edge itself is what changes.
PROMISED = ("moving", "dance", "longstay")
LOST_SHARE = 0.15
# The figure's arms are 45 pixels long, its head 32 wide.
LOST_RADIUS = 18
STATIC_CENTRE, STATIC_RADIUS = (305, 20), 8
EDGE_SIGMA = 2.0


@dataclass(frozen=True)
class FlowScene:
    """``frames`` uint8 (N, H, W, 3); ``truth`` and ``coarse`` float32 (N, H, W) in 0..1."""

    frames: np.ndarray
    truth: np.ndarray
    coarse: np.ndarray


def make_flow_scene(name: str, seed: int = 0, frames: int = FRAMES) -> FlowScene:
    """Draw one of :data:`CLIPS`, 320x240.

    The coarse mattes have a blurred edge, lose a limb-sized disc in 15 % of the frames, and hold
    one false positive that never moves.
    """
    scene_name, first, speed = CLIPS[name]
    moments = [first + speed * index for index in range(frames)]
    scene = make_scene(scene_name, seed, bad_mattes=False, moments=moments)
    rng = np.random.default_rng((seed, list(CLIPS).index(name)))
    truth = scene.mattes.astype(np.float32) / 255
    lost = rng.choice(frames, round(LOST_SHARE * frames), replace=False)
    coarse = [_coarse(matte, rng, index in lost) for index, matte in enumerate(truth)]
    return FlowScene(scene.frames, truth, np.stack(coarse))


def _coarse(truth: np.ndarray, rng: np.random.Generator, loses_limb: bool) -> np.ndarray:
    alpha = cv2.GaussianBlur(truth, (0, 0), EDGE_SIGMA)
    if loses_limb:
        y, x = rng.choice(np.argwhere(truth > 0.5))
        cv2.circle(alpha, (int(x), int(y)), LOST_RADIUS, 0.0, -1, cv2.LINE_AA)
    cv2.circle(alpha, STATIC_CENTRE, STATIC_RADIUS, 1.0, -1, cv2.LINE_AA)
    return np.clip(alpha, 0, 1)
