"""The screen's light on a person, taken away."""

from __future__ import annotations

import cv2
import numpy as np

from .screen_colour import difference
from .soft_key import LEAST_DIFFERENCE

# As a share of the screen's own difference: so much is light that it throws, and from the second
# on it is a thing of that colour, which keeps it.
SPILL_UP_TO, OWN_FROM = 0.3, 0.55
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
    planes = list(cv2.split(foreground.astype(np.float32)))
    one, other = (planes[c] for c in range(3) if c != channel)
    inside = cv2.distanceTransform((alpha > OPAQUE).view(np.uint8), cv2.DIST_L2, 3)
    strictness = np.exp(inside * np.float32(-1 / max(reach, 1)))
    brighter, mean = cv2.max(one, other), (one + other) * np.float32(0.5)
    allowed = brighter + strictness * (mean - brighter)
    of_screen = np.maximum(difference(screen, channel), LEAST_DIFFERENCE)
    excess = np.maximum(planes[channel] - allowed, 0)
    own = np.clip((excess / of_screen - SPILL_UP_TO) / (OWN_FROM - SPILL_UP_TO), 0, 1)
    excess *= strength * (1 - own)
    of_light = excess / of_screen * alpha**4
    for place, plane in enumerate(cv2.split(screen)):
        less = of_light * plane
        # In the main channel the excess itself goes where nothing is opaque.
        planes[place] -= np.maximum(less, excess) if place == channel else less
    return cv2.convertScaleAbs(np.maximum(cv2.merge(planes), 0))
