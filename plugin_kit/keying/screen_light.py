"""The screen's colour at each pixel: it is never lit evenly, and a person hides part of it."""

from __future__ import annotations

import cv2
import numpy as np

# What is told from the screen's own light by more than this share of its colour is no screen.
TOLERANCE = 0.18
ROUNDS = 3
# Standard deviation of the Gaussian that smooths the light, as a share of the long side.
NEIGHBOURHOOD = 1 / 32
# As if so many pixels stood for the quadratic surface at each pixel.
PRIOR = 0.02
FEWEST_PIXELS = 24
# A screen that changed by so many levels is another take's.
CHANGE_LEVELS = 25.0


def fit_light(image: np.ndarray, is_screen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The screen as it would be without anybody, and what of it was seen.

    A quadratic surface carries the light behind the person; where the screen is seen nearby, what
    is left over is averaged by a Gaussian.

    Args:
        image: float32 RGB (h, w, 3), small.
        is_screen: bool (h, w), at least :data:`FEWEST_PIXELS` of them.

    Returns:
        The screen float32 (h, w, 3), and bool (h, w).
    """
    height, width = is_screen.shape
    design = _design(height, width)
    seen = is_screen
    light = image
    for round_ in range(ROUNDS):
        if seen.sum() < FEWEST_PIXELS:
            seen = is_screen
        light = _surface(image, seen, design)
        light += _smoothed(image - light, seen, sigma=NEIGHBOURHOOD * max(height, width))
        brightness = light.max(axis=2)
        away = np.abs(image - light).max(axis=2)
        tolerance = TOLERANCE * (2 if round_ == 0 else 1)
        seen = is_screen & (away < tolerance * brightness)
    return np.clip(light, 1, 255), seen


def _design(height: int, width: int) -> np.ndarray:
    """The terms of a quadratic surface, float32 (h·w, 6)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / max(width, 1) - 0.5, y / max(height, 1) - 0.5
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)


def _surface(image: np.ndarray, seen: np.ndarray, design: np.ndarray) -> np.ndarray:
    chosen = seen.ravel()
    known, values = design[chosen], image.reshape(-1, 3)[chosen]
    # The curved terms are held a little, so that they do not run away where nothing is seen.
    ridge = np.diag([0, 1, 1, 10, 10, 10]).astype(np.float32) * 1e-3 * len(known)
    terms = np.linalg.solve(known.T @ known + ridge, known.T @ values)
    return (design @ terms).reshape(image.shape).astype(np.float32)


def _smoothed(values: np.ndarray, seen: np.ndarray, *, sigma: float) -> np.ndarray:
    weight = seen.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma)
    known = cv2.GaussianBlur(weight, (0, 0), sigma)
    return total / (known + PRIOR)[..., None]


class SteadyLight:
    """The screen's light over the frames of a sequence.

    A camera's automatic and noise change it a little from frame to frame, and what a person hides
    now was seen before: each pixel keeps a share of what it was, the more the longer unseen.
    """

    def __init__(self, steadiness: float) -> None:
        self._steadiness = steadiness
        self._light: np.ndarray | None = None

    @property
    def last(self) -> np.ndarray | None:
        """The light of the frame before, float32 (h, w, 3)."""
        return self._light

    def reset(self) -> None:
        """Forget the frames so far."""
        self._light = None

    def __call__(self, light: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """The light of this frame, float32 (h, w, 3), of what was fitted to it alone."""
        last = self._light
        is_new = last is None or last.shape != light.shape
        if not is_new and seen.any():
            is_new = float(np.abs(light - last)[seen].mean()) > CHANGE_LEVELS
        if is_new or last is None:
            self._light = light
            return light
        # Where the screen is hidden, its fit is a guess: the memory is worth more.
        sure = cv2.blur(seen.astype(np.float32), (5, 5))[..., None]
        fresh = (1 - self._steadiness) * (0.1 + 0.9 * sure)
        self._light = last + fresh * (light - last)
        return self._light
