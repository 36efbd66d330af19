"""Procedural textures: what surfaces of people, rooms and landscapes are filled with."""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator


def noise(rng: Rng, height: int, width: int, cell: float, falloff: float = 0.5) -> np.ndarray:
    """Multi-octave value noise of zero mean and about unit deviation, float32 (height, width)."""
    total = np.zeros((height, width), np.float32)
    amplitude, power = 1.0, 0.0
    while cell >= 1.5:
        shape = (max(2, int(height / cell) + 2), max(2, int(width / cell) + 2))
        grid = rng.standard_normal(shape, dtype=np.float32)
        total += amplitude * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        power += amplitude**2
        cell, amplitude = cell / 2.5, amplitude * falloff
    return total / np.sqrt(max(power, 1e-6))


def colour(rng: Rng) -> np.ndarray:
    """A random colour, float32 RGB in 0..1; greys and muted ones are the more frequent."""
    hue = rng.uniform(0, 180)
    saturation = 255 * rng.beta(1.1, 2.0)
    value = 255 * rng.beta(1.6, 1.3)
    pixel = np.array([[[hue, saturation, value]]], np.float32).astype(np.uint8)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32) / 255


def skin(rng: Rng) -> np.ndarray:
    light, dark = np.array([0.96, 0.80, 0.69]), np.array([0.30, 0.19, 0.13])
    mix = rng.uniform()
    return (light * mix + dark * (1 - mix) + rng.normal(0, 0.02, 3)).astype(np.float32)


def surface(rng: Rng, height: int, width: int, base: np.ndarray | None = None) -> np.ndarray:
    """Fill (height, width, 3) float32 in 0..1 with cloth, stripes, checks, print or plain paint."""
    first = colour(rng) if base is None else base
    second = np.clip(first + rng.normal(0, 0.25, 3), 0, 1) if rng.random() < 0.5 else colour(rng)
    kind = rng.choice(["plain", "plain", "cloth", "stripes", "checks", "print", "gradient"])
    mix = np.zeros((height, width), np.float32)
    if kind == "cloth":
        mix = 0.5 + 0.3 * noise(rng, height, width, rng.uniform(4, 80), rng.uniform(0.4, 0.9))
    elif kind in ("stripes", "checks"):
        y, x = np.mgrid[:height, :width].astype(np.float32)
        angle, period = rng.uniform(0, np.pi), rng.uniform(6, 60)
        along = np.cos(angle) * x + np.sin(angle) * y
        mix = 0.5 + 0.5 * np.tanh(4 * np.sin(2 * np.pi * along / period))
        if kind == "checks":
            across = np.cos(angle) * y - np.sin(angle) * x
            mix = 0.5 * mix + 0.25 + 0.25 * np.tanh(4 * np.sin(2 * np.pi * across / period))
    elif kind == "print":
        pattern = noise(rng, height, width, rng.uniform(10, 60))
        mix = (pattern > rng.uniform(-0.3, 0.8)).astype(np.float32)
        mix = cv2.GaussianBlur(mix, (0, 0), 0.7)
    elif kind == "gradient":
        mix = np.linspace(0, 1, height, dtype=np.float32)[:, None] * np.ones((1, width), np.float32)
    mix = np.clip(mix, 0, 1)[..., None]
    filled = first * (1 - mix) + second * mix
    grain = noise(rng, height, width, rng.uniform(2, 12)) * rng.uniform(0, 0.05)
    folds = noise(rng, height, width, rng.uniform(40, 200)) * rng.uniform(0, 0.12)
    return (filled * (1 + grain + folds)[..., None]).astype(np.float32)
