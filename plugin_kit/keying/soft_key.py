"""Alpha of a picture before a screen whose colour is known at each pixel."""

from __future__ import annotations

import cv2
import numpy as np

from ..compiled import compiled
from .screen_colour import difference

# Alpha by the plain difference from which a pixel is surely foreground, spill and all.
SURE = 0.75
# Differences below are noise: nothing can be keyed on them.
LEAST_DIFFERENCE = 8.0
SURROUNDINGS = np.ones((9, 9), np.uint8)
AVERAGED = (5, 5)
# Where the mean alpha around is below the first, nothing but noise is there; above the second
# nothing is changed. Both grow with the noise.
CLEAN_BELOW, KEPT_ABOVE = (0.02, 0.3), (0.06, 0.6)
OF_MEDIAN = 1.4826


def plain_key(image: np.ndarray, screen: np.ndarray, channel: int) -> np.ndarray:
    """Alpha by the colour difference alone, float32 (H, W), not clipped.

    1 - d(image) / d(screen), as P. Vlahos's colour difference key: it takes the foreground's own
    difference d for 0, and so is above 1 in skin and hair before green, and before blue below 1
    in grey cloth with a blue tint.

    Args:
        image, screen: float32 RGB (H, W, 3), 0 to 255.
        channel: The one that the screen is bright in.
    """
    return 1 - difference(image, channel) / np.maximum(
        difference(screen, channel), LEAST_DIFFERENCE
    )


def soft_key(
    image: np.ndarray, screen: np.ndarray, channel: int, *, is_core: np.ndarray | None = None
) -> np.ndarray:
    """Alpha, float32 (H, W), not clipped: the share of the way from the screen to the foreground.

    Each pixel is the screen's colour and the nearest sure foreground's, mixed. How far, a
    projection tells in the plane of the main channel's differences from either other one, which
    light and shadow hardly change; unlike the lesser of the two they mix linearly. Spill is in that
    foreground as well, and so does not count as transparent.

    Args:
        image, screen: float32 RGB (H, W, 3), 0 to 255.
        channel: The one that the screen is bright in.
        is_core: bool (H, W): what is foreground, whatever its colour.
    """
    sure = _sure(image, screen, channel)
    if is_core is not None:
        sure |= is_core.view(np.uint8)
    sure = cv2.erode(sure, np.ones((3, 3), np.uint8)).astype(np.float32)
    height, width = sure.shape
    nearest = nearest_colours(image, sure)
    foreground = cv2.resize(nearest, (width, height), interpolation=cv2.INTER_LINEAR)
    return _share_of_way(image, screen, foreground, channel)


@compiled(fastmath=True)
def _sure(image: np.ndarray, screen: np.ndarray, channel: int) -> np.ndarray:
    """1 where the plain difference says that there is foreground, uint8 (H, W)."""
    height, width = image.shape[:2]
    sure = np.empty((height, width), np.uint8)
    one, other = (channel + 1) % 3, (channel + 2) % 3
    for y in range(height):
        for x in range(width):
            p, s = image[y, x], screen[y, x]
            of_screen = max(s[channel] - max(s[one], s[other]), np.float32(LEAST_DIFFERENCE))
            of_image = p[channel] - max(p[one], p[other])
            sure[y, x] = of_image < np.float32(1 - SURE) * of_screen
    return sure


@compiled(fastmath=True)
def _share_of_way(
    image: np.ndarray, screen: np.ndarray, foreground: np.ndarray, channel: int
) -> np.ndarray:
    """How far ``image`` is from ``screen`` to ``foreground``, float32 (H, W)."""
    height, width = image.shape[:2]
    alpha = np.empty((height, width), np.float32)
    one, other = (channel + 1) % 3, (channel + 2) % 3
    least = np.float32(2 * LEAST_DIFFERENCE**2)
    for y in range(height):
        for x in range(width):
            p, s, f = image[y, x], screen[y, x], foreground[y, x]
            way_one = (s[channel] - s[one]) - (f[channel] - f[one])
            way_other = (s[channel] - s[other]) - (f[channel] - f[other])
            gone_one = (s[channel] - s[one]) - (p[channel] - p[one])
            gone_other = (s[channel] - s[other]) - (p[channel] - p[other])
            length = way_one * way_one + way_other * way_other
            along = way_one * gone_one + way_other * gone_other
            alpha[y, x] = along / max(length, least)
    return alpha


def cleaned(alpha: np.ndarray, noise: float) -> np.ndarray:
    """``alpha`` (H, W) clipped, and without the noise of wide areas of screen and foreground.

    Args:
        noise: Standard deviation of alpha on the screen.
    """
    clipped = np.clip(alpha, 0, 1)
    clipped = clipped * _presence(alpha, noise)
    return 1 - (1 - clipped) * _presence(1 - alpha, noise)


def noise_of(alpha: np.ndarray) -> float:
    """The standard deviation of alphas (N,) of pure screen, by their median; 0 of none."""
    if not alpha.size:
        return 0.0
    return OF_MEDIAN * float(np.median(np.abs(alpha - np.median(alpha))))


def _presence(alpha: np.ndarray, noise: float) -> np.ndarray:
    """1 where ``alpha`` or something near it is more than noise, falling to 0."""
    mean = cv2.dilate(cv2.blur(alpha, AVERAGED), SURROUNDINGS)
    low, high = (fixed + grown * noise for fixed, grown in (CLEAN_BELOW, KEPT_ABOVE))
    return np.clip((mean - low) / (high - low), 0, 1)


def nearest_colours(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The colours where ``weight`` is 1, elsewhere those nearby, at half the size.

    Weighted means of ever larger blocks fill what smaller ones lack (push and pull, Gortler et
    al., The Lumigraph, SIGGRAPH 1996).

    Args:
        image: float32 (H, W, 3).
        weight: float32 (H, W), 0 or 1.

    Returns:
        float32 (H / 2, W / 2, 3), rounded up.
    """
    levels = [_halved(image * weight[..., None], weight)]
    while max(levels[-1][1].shape) > 1:
        levels.append(_halved(*levels[-1]))
    filled = np.zeros((1, 1, 3), np.float32)
    for colours, known in reversed(levels):
        above = cv2.resize(filled, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
        above = above.reshape(colours.shape)
        mean = colours / np.maximum(known, 1e-6)[..., None]
        filled = above + np.minimum(4 * known, 1)[..., None] * (mean - above)
    return filled


def _halved(colours: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = (-(-known.shape[1] // 2), -(-known.shape[0] // 2))
    small, weight = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (colours, known))
    return small.reshape(size[1], size[0], 3), weight.reshape(size[1], size[0])
