"""The screen's light on a person, taken away."""

from __future__ import annotations

import cv2
import numpy as np

from ..compiled import compiled
from .soft_key import LEAST_DIFFERENCE

# As a share of the screen's own difference: so much is light that it throws, and from the second
# on it is a thing of that colour, which keeps it.
SPILL_UP_TO, OWN_FROM = 0.3, 0.55
OWN_RATE = 1 / (OWN_FROM - SPILL_UP_TO)
OPAQUE = 0.98


def without_spill(
    foreground: np.ndarray,
    alpha: np.ndarray,
    screen: np.ndarray,
    channel: int,
    *,
    strength: float,
    reach: float,
) -> np.ndarray:
    """``foreground`` less what the screen's light adds to its main channel, uint8 RGB (H, W, 3).

    Deep in the person that channel may be as bright as the brighter of the others; at the edge,
    where most of the screen's light falls, as their mean, since hair and skin are brighter in red.
    What is too bright is taken for a share of the screen's colour, and goes with its other channels
    where the person is opaque.

    Args:
        foreground: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in 0..1.
        screen: float32 RGB (H, W, 3), 0 to 255.
        channel: The one that the screen is bright in.
        strength: 0 to 1, how much of it.
        reach: Pixels from the edge at which its stricter rule has fallen to 1/e.
    """
    inside = cv2.distanceTransform((alpha > OPAQUE).view(np.uint8), cv2.DIST_L2, 3)
    strictness = cv2.exp(inside * np.float32(-1 / max(reach, 1)))
    return _less_light(foreground, alpha, screen, strictness, channel, np.float32(strength))


@compiled(fastmath=True)
def _less_light(
    foreground: np.ndarray,
    alpha: np.ndarray,
    screen: np.ndarray,
    strictness: np.ndarray,
    channel: int,
    strength: np.float32,
) -> np.ndarray:
    height, width = alpha.shape
    result = foreground.copy()
    one, other = (channel + 1) % 3, (channel + 2) % 3
    for y in range(height):
        for x in range(width):
            f, s = foreground[y, x], screen[y, x]
            first, second = np.float32(f[one]), np.float32(f[other])
            brighter, mean = max(first, second), (first + second) * np.float32(0.5)
            allowed = brighter + strictness[y, x] * (mean - brighter)
            excess = np.float32(f[channel]) - allowed
            if excess <= 0:
                continue
            of_screen = s[channel] - max(s[one], s[other])
            of_screen = max(of_screen, np.float32(LEAST_DIFFERENCE))
            own = (excess / of_screen - np.float32(SPILL_UP_TO)) * np.float32(OWN_RATE)
            excess *= strength * (np.float32(1) - min(max(own, np.float32(0)), np.float32(1)))
            light = excess / of_screen * alpha[y, x] ** 4
            # In the main channel the excess itself goes where nothing is opaque.
            less = max(light * s[channel], excess)
            result[y, x, channel] = np.uint8(max(f[channel] - less + np.float32(0.5), 0))
            result[y, x, one] = np.uint8(max(first - light * s[one] + np.float32(0.5), 0))
            result[y, x, other] = np.uint8(max(second - light * s[other] + np.float32(0.5), 0))
    return result
