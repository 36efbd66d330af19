"""Which colour the screen has, and which pixels are surely screen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..pictures import Colour, parse_colour
from .options import CHANNELS, LEAST_PURITY, main_channel

# A screen fills at least so much of the picture.
LEAST_SHARE = 0.02
# Of 255: what is darker is too dark to have a colour.
LEAST_BRIGHTNESS = 35.0
# How far a pixel's purity may be from the screen's, as a share of it.
PURITY_RANGE = 0.35
# The same for the difference of the other two channels, in shares of the main one.
TILT_RANGE = 0.2
BORDER_WEIGHT = 2.0
BINS, SMOOTHED_BINS = 64, 5


class ScreenError(ValueError):
    """There is no screen in the picture; the text has the remedy."""


@dataclass(frozen=True)
class FoundScreen:
    """A screen, before its light is known.

    Attributes:
        colour: R, G, B of it, the median.
        channel: 0 red, 1 green, 2 blue: the channel that it is bright in.
        is_screen: bool (h, w): what is surely screen.
        share: Of the picture.
        border_share: Of the picture's top and sides.
    """

    colour: Colour
    channel: int
    is_screen: np.ndarray
    share: float
    border_share: float


def find_screen(image: np.ndarray, screen: str, ignored: np.ndarray | None = None) -> FoundScreen:
    """Find the screen in a small picture.

    A screen's *purity*, (main channel - the greater of the others) / main channel, stays the same
    in shadow and light. The most frequent purity of the pixels where one channel stands out is
    the screen's; of green and blue the one that fills more, the border counting double.

    Args:
        image: float32 RGB (h, w, 3), 0 to 255.
        screen: ``auto``, ``green``, ``blue`` or ``R,G,B``.
        ignored: bool (h, w): what is surely no screen.

    Raises:
        ScreenError: There is none.
    """
    if screen in ("auto", *CHANNELS):
        channels = list(CHANNELS.values()) if screen == "auto" else [CHANNELS[screen]]
        found = [_by_channel(image, channel, None, ignored) for channel in channels]
    else:
        given = parse_colour(screen)
        found = [_by_channel(image, main_channel(given), given, ignored)]
    best = max(found, key=lambda s: s.share + BORDER_WEIGHT * s.border_share)
    if best.share < LEAST_SHARE:
        what = "green or blue screen" if screen == "auto" else f"screen of the colour {screen}"
        raise ScreenError(
            f"no {what} was found: only {best.share:.1%} of the picture could be one. Name its "
            "colour as R,G,B, or matte without a screen (infer_rvm, infer_background_matting)"
        )
    return best


def purity(image: np.ndarray, channel: int) -> np.ndarray:
    """How much ``channel`` stands out, float32 (h, w): below 0 where it does not, at most 1."""
    planes = cv2.split(image)
    main = planes[channel]
    return difference(image, channel) / np.maximum(main, 1)


def difference(image: np.ndarray, channel: int) -> np.ndarray:
    """Main channel less the greater of the others, float32 (h, w) (Vlahos's colour difference)."""
    planes = list(cv2.split(image))
    main = planes.pop(channel)
    return cv2.subtract(main, cv2.max(*planes))


def _by_channel(
    image: np.ndarray, channel: int, given: Colour | None, ignored: np.ndarray | None
) -> FoundScreen:
    pure, tilt = purity(image, channel), _tilt(image, channel)
    chosen = (pure > LEAST_PURITY) & (image[..., channel] > LEAST_BRIGHTNESS)
    if ignored is not None:
        chosen &= ~ignored
    if given is not None:
        of_given = np.array([[given]], np.float32)
        wanted, hue = purity(of_given, channel)[0, 0], _tilt(of_given, channel)[0, 0]
    elif chosen.any():
        wanted, hue = _most_frequent(pure[chosen]), None
    else:
        return FoundScreen((0, 0, 0), channel, chosen, 0.0, 0.0)
    chosen &= np.abs(pure - wanted) < PURITY_RANGE * wanted
    if not chosen.any():
        return FoundScreen(given or (0, 0, 0), channel, chosen, 0.0, 0.0)
    chosen &= np.abs(tilt - (np.median(tilt[chosen]) if hue is None else hue)) < TILT_RANGE
    border = np.concatenate([chosen[0], chosen[:, 0], chosen[:, -1]])
    colour = given or _median_colour(image[chosen])
    return FoundScreen(colour, channel, chosen, float(chosen.mean()), float(border.mean()))


def _tilt(image: np.ndarray, channel: int) -> np.ndarray:
    """The difference of the other two channels as a share of the main one, float32 (h, w)."""
    one, other = (image[..., c] for c in range(3) if c != channel)
    return (one - other) / np.maximum(image[..., channel], 1)


def _most_frequent(values: np.ndarray) -> float:
    counts, edges = np.histogram(values, bins=BINS, range=(0, 1))
    peak = np.argmax(np.convolve(counts, np.ones(SMOOTHED_BINS), "same"))
    return float(edges[peak] + edges[peak + 1]) / 2


def _median_colour(pixels: np.ndarray) -> Colour:
    red, green, blue = np.rint(np.median(pixels, axis=0)).astype(int).tolist()
    return red, green, blue
