"""Small synthetic scenes: what plate estimators and the refining of mattes have to cope with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

HEIGHT, WIDTH, FRAMES = 240, 320, 150
NAMES = ("moving", "longstay", "dance", "hole", "drift", "noise")

# Clips with true mattes and imperfect ones. Name: scene, its first moment, moments a frame.
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
CLIP_FRAMES = 60


@dataclass(frozen=True)
class Scene:
    """``frames`` uint8 (N, H, W, 3), ``mattes`` uint8 (N, H, W), ``background`` uint8 (H, W, 3)."""

    frames: np.ndarray
    mattes: np.ndarray
    background: np.ndarray


def make_scene(
    name: str, seed: int = 0, *, bad_mattes: bool = True, moments: Sequence[float] = range(FRAMES)
) -> Scene:
    """Draw one of :data:`NAMES`.

    A figure crosses (moving), stays for 70 % of the time (longstay), stays in place and moves
    (dance), never leaves one spot (hole), or crosses under drifting exposure (drift) or strong
    noise (noise). ``bad_mattes`` are shrunken and soft, lack a limb in 15 % of the frames, and
    have one false positive that never moves. ``moments`` are the frames of the 150 to draw; they
    may lie between two.
    """
    rng = np.random.default_rng((seed, NAMES.index(name)))
    background = _room(rng)
    frames = np.empty((len(moments), HEIGHT, WIDTH, 3), np.uint8)
    mattes = np.empty((len(moments), HEIGHT, WIDTH), np.uint8)
    sigma = 12.0 if name == "noise" else 3.0
    for index, moment in enumerate(moments):
        limbs, colours = _figure(name, moment)
        alpha = np.max(limbs, axis=0)[..., None]
        image = background * (1 - alpha) + colours * alpha
        if name == "drift":
            phase = 2 * np.pi * moment / FRAMES
            image = image * (1 + 0.12 * np.sin(phase) * np.array([1.0, 0.9, 1.1]))
        image = image + rng.normal(0, sigma, image.shape)
        frames[index] = np.clip(np.rint(image), 0, 255)
        mattes[index] = _bad_matte(limbs, rng) if bad_mattes else np.rint(255 * alpha[..., 0])
    return Scene(frames, mattes, background)


def metrics(plate: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """AGE (grey levels) and pEPs (share of pixels off by more than 20), as SBMnet defines them."""
    grey = [cv2.cvtColor(np.ascontiguousarray(x), cv2.COLOR_RGB2GRAY) for x in (plate, truth)]
    difference = np.abs(grey[0].astype(float) - grey[1])
    return float(difference.mean()), float((difference > 20).mean())


def _room(rng: np.random.Generator) -> np.ndarray:
    coarse = rng.uniform(60, 190, (8, 10, 3)).astype(np.float32)
    room = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    room += cv2.GaussianBlur(rng.normal(0, 12, room.shape).astype(np.float32), (0, 0), 1.2)
    for _ in range(6):
        x, y = rng.integers(0, WIDTH - 60), rng.integers(0, HEIGHT - 60)
        colour = tuple(float(c) for c in rng.uniform(40, 210, 3))
        w, h = (int(v) for v in rng.integers(20, 60, 2))
        cv2.rectangle(room, (int(x), int(y)), (int(x) + w, int(y) + h), colour, -1)
    return np.clip(np.rint(room), 0, 255).astype(np.uint8)


def _figure(name: str, moment: float) -> tuple[np.ndarray, np.ndarray]:
    """Soft masks (limbs, H, W) of torso, head and two arms, and the colours (H, W, 3)."""
    share = moment / (FRAMES - 1)
    x = {
        "longstay": 60 + 200 * np.clip((share - 0.7) / 0.3, 0, 1),
        "dance": 160 + 45 * np.sin(9 * share * np.pi),
        "hole": 160 + 12 * np.sin(9 * share * np.pi),
    }.get(name, 20 + 280 * share)
    y, swing = 130.0, 28 * np.sin(moment * 0.4)
    colours = np.full((HEIGHT, WIDTH, 3), (150, 50, 40), np.float32)
    colours[: int(y - 35)] = (200, 160, 135)
    limbs = np.zeros((4, HEIGHT, WIDTH), np.float32)
    cv2.ellipse(limbs[0], (int(x), int(y + 25)), (20, 60), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    cv2.circle(limbs[1], (int(x), int(y - 50)), 16, 1.0, -1, cv2.LINE_AA)
    for limb, side in zip(limbs[2:], (-1, 1), strict=True):
        end = (int(x + side * 45), int(y + side * swing))
        cv2.line(limb, (int(x), int(y - 15)), end, 1.0, 11, cv2.LINE_AA)
    return np.clip(np.stack([cv2.GaussianBlur(m, (0, 0), 1.0) for m in limbs]), 0, 1), colours


def _bad_matte(limbs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kept = np.delete(limbs, rng.integers(2, 4), axis=0) if rng.random() < 0.15 else limbs
    alpha = cv2.GaussianBlur(np.max(kept, axis=0), (0, 0), 2.0)
    alpha = np.clip((alpha - 0.35) * 1.6, 0, 1)
    alpha[20:50, 260:300] = 1.0
    return np.rint(alpha * 255).astype(np.uint8)


@dataclass(frozen=True)
class FlowScene:
    """``frames`` uint8 (N, H, W, 3); ``truth`` and ``coarse`` float32 (N, H, W) in 0..1."""

    frames: np.ndarray
    truth: np.ndarray
    coarse: np.ndarray


def make_flow_scene(name: str, seed: int = 0, frames: int = CLIP_FRAMES) -> FlowScene:
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
