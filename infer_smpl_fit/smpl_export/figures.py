"""People who are shown together: each in a colour of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .motion import BodyMotion

Colour = tuple[int, int, int]
# Mannequins' colours, not skin, which tell eight people apart; the ninth has the first one's again.
COLOURS: tuple[Colour, ...] = (
    (110, 165, 225),
    (240, 150, 80),
    (110, 190, 120),
    (205, 120, 185),
    (225, 200, 85),
    (100, 195, 195),
    (215, 105, 100),
    (150, 130, 215),
)


@dataclass(frozen=True)
class Figure:
    """Somebody who is shown.

    Attributes:
        motion: In metres or any world's unit.
        colour: RGB.
        name: Of the person; empty where there is only one.
    """

    motion: BodyMotion
    colour: Colour
    name: str = ""


def colour_of(index: int) -> Colour:
    """RGB of the person ``index``, from 0."""
    return COLOURS[index % len(COLOURS)]


def linear(colour: Sequence[int]) -> list[float]:
    """sRGB in 0..255 to the linear light in 0..1 that glTF wants (IEC 61966-2-1)."""
    share = np.asarray(colour) / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return [round(float(value), 4) for value in light]
