"""What can be asked of the keyer."""

from __future__ import annotations

from dataclasses import dataclass

from ..pictures import Colour, parse_colour

# The channel that a screen of a name is bright in.
CHANNELS = {"green": 1, "blue": 2}


@dataclass(frozen=True)
class KeyOptions:
    """Constants of the keyer. Lengths are pixels of a picture 720 high, and grow with it.

    Attributes:
        screen: ``auto`` (green or blue, whichever is there), ``green``, ``blue``, or the screen's
            colour as ``R,G,B``.
        black: What falls short of this alpha is screen; noise on the screen raises it by itself.
        white: What is above this alpha is foreground.
        spill: How much of the screen's light is taken out of the foreground, 0 to 1.
        region_margin: How far from the region things may be foreground.
        core_margin: What lies so deep in the region is foreground, whatever its colour.
        steadiness: How much of the screen's light is what the frames before had, 0 to below 1.
    """

    screen: str = "auto"
    black: float = 0.02
    white: float = 0.97
    spill: float = 1.0
    region_margin: float = 40.0
    core_margin: float = 12.0
    steadiness: float = 0.8

    def __post_init__(self) -> None:
        if self.screen not in ("auto", *CHANNELS):
            main_channel(parse_colour(self.screen))
        if not 0 <= self.black < self.white <= 1:
            raise ValueError(
                f"black {self.black} must be from 0 to below white {self.white}, which is at most 1"
            )
        if not 0 <= self.spill <= 1:
            raise ValueError(f"spill {self.spill} must be from 0 to 1")
        if not 0 <= self.steadiness < 1:
            raise ValueError(f"steadiness {self.steadiness} must be from 0 to below 1")
        for name in ("region_margin", "core_margin"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} {getattr(self, name)} must be 0 or more")


# A screen's own channel is brighter than both others by this share of itself at least.
LEAST_PURITY = 0.15


def main_channel(colour: Colour) -> int:
    """The channel that a screen of this colour is bright in: 0 red, 1 green, 2 blue.

    Raises:
        ValueError: No channel stands out, so the colour cannot be told from grey.
    """
    channel = max(range(3), key=lambda c: colour[c])
    rest = max(colour[c] for c in range(3) if c != channel)
    if colour[channel] - rest < LEAST_PURITY * max(colour[channel], 1):
        shown = ",".join(map(str, colour))
        raise ValueError(
            f"screen colour {shown} is too grey to key on: one channel has to be well above both "
            "others, as in 40,170,70; pick the colour from the screen"
        )
    return channel
