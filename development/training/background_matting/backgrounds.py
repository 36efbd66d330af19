"""Procedural backgrounds: walls, rooms, dead leaves and landscapes of noise."""

from __future__ import annotations

import cv2
import numpy as np

from .textures import Rng, colour, noise, surface


def background(rng: Rng, height: int = 768, width: int = 1344) -> np.ndarray:
    """Draw one empty scene, uint8 RGB (height, width, 3)."""
    kind = rng.choice(["wall", "room", "leaves", "landscape"], p=[0.2, 0.35, 0.25, 0.2])
    scene = {"wall": _wall, "room": _room, "leaves": _leaves, "landscape": _landscape}[kind](
        rng, height, width
    )
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    cx, cy, reach = rng.uniform(-0.2, 1.2), rng.uniform(-0.2, 1.2), rng.uniform(0.5, 2.0)
    glow = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / reach**2)
    light = rng.uniform(0.55, 1.0) + rng.uniform(0, 0.5) * glow
    scene = scene * light[..., None]
    if rng.random() < 0.35:
        scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.5, 6))
    return np.clip(np.rint(scene * 255), 0, 255).astype(np.uint8)


def _wall(rng: Rng, height: int, width: int) -> np.ndarray:
    paint = np.clip(rng.uniform(0.35, 0.95) + rng.normal(0, 0.06, 3), 0, 1).astype(np.float32)
    if rng.random() < 0.3:
        paint = colour(rng)
    stain = 1 + rng.uniform(0, 0.04) * noise(rng, height, width, rng.uniform(30, 300))
    grain = 1 + rng.uniform(0, 0.02) * noise(rng, height, width, 3)
    return paint * (stain * grain)[..., None]


def _room(rng: Rng, height: int, width: int) -> np.ndarray:
    scene = _wall(rng, height, width)
    if rng.random() < 0.7:
        horizon = int(height * rng.uniform(0.55, 0.9))
        scene[horizon:] = surface(rng, height - horizon, width)
        skirting = tuple(float(v) for v in colour(rng))
        cv2.line(scene, (0, horizon), (width, horizon), skirting, int(rng.integers(1, 12)))
    for _ in range(rng.integers(2, 14)):
        w, h = (rng.uniform(0.03, 0.4, 2) * (width, height)).astype(int) + 4
        x, y = int(rng.uniform(-0.05, 0.95) * width), int(rng.uniform(-0.05, 0.95) * height)
        _box(rng, scene, x, y, w, h)
        if rng.random() < 0.5:
            border = int(rng.integers(2, 14))
            _box(rng, scene, x + border, y + border, w - 2 * border, h - 2 * border)
        if rng.random() < 0.25:
            step = max(6, w // int(rng.integers(3, 20)))
            for left in range(x, x + w - step, step):
                _box(rng, scene, left + 1, y + 3, step - 2, h - 6, plain=True)
    return scene


def _box(
    rng: Rng, scene: np.ndarray, x: int, y: int, w: int, h: int, *, plain: bool = False
) -> None:
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(scene.shape[1], x + w), min(scene.shape[0], y + h)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    filled = colour(rng) if plain else surface(rng, y1 - y0, x1 - x0)
    scene[y0:y1, x0:x1] = filled


def _leaves(rng: Rng, height: int, width: int) -> np.ndarray:
    """The dead leaves model: shapes whose sizes follow a power law hide one another."""
    scene = surface(rng, height, width)
    palette = [colour(rng) for _ in range(rng.integers(3, 12))]
    for radius in np.sort(rng.pareto(1.6, int(rng.uniform(150, 900))) + 1)[::-1]:
        size = int(np.clip(radius * rng.uniform(4, 10), 3, height // 2))
        tone = palette[rng.integers(len(palette))] * rng.uniform(0.6, 1.3)
        tone = tuple(float(v) for v in np.clip(tone + rng.normal(0, 0.03, 3), 0, 1))
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (size, max(1, int(size * rng.uniform(0.2, 1))))
        cv2.ellipse(scene, centre, axes, rng.uniform(0, 180), 0, 360, tone, -1, cv2.LINE_AA)
    return scene * (1 + 0.05 * noise(rng, height, width, 6))[..., None]


def _landscape(rng: Rng, height: int, width: int) -> np.ndarray:
    falloff = rng.uniform(0.4, 0.95)
    cell = rng.uniform(30, 400)
    pattern = noise(rng, height, width, cell, falloff)
    mix = 1 / (1 + np.exp(-rng.uniform(1, 6) * pattern))[..., None]
    scene = colour(rng) * mix + colour(rng) * (1 - mix)
    scene = scene * (1 + 0.12 * noise(rng, height, width, 40, 0.9))[..., None]
    if rng.random() < 0.6:
        horizon = int(height * rng.uniform(0.15, 0.6))
        edge = horizon + 20 * noise(rng, 1, width, rng.uniform(20, 200))[0]
        below = (np.arange(height)[:, None] > edge[None])[..., None].astype(np.float32)
        sky = np.array([0.75, 0.85, 0.97]) * rng.uniform(0.6, 1.05)
        drift = 1 + 0.06 * noise(rng, height, width, 300)[..., None]
        scene = scene * below + sky * drift * (1 - below)
    return scene.astype(np.float32)
