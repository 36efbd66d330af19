"""What a composed picture and its plate go through, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How plates differ from the true background, and what else makes a picture hard.

    Attributes:
        jitter: Pixels that a plate may be off, warped smoothly.
        noise: Largest deviation of a plate's noise, colours in 0..1.
        gain: Deviation of a plate's exposure from the picture's, as a share.
        holes: Share of the plates that have holes: where somebody always stood, a plate is filled
            from around, or holds a trace of that person.
        hard_light: Share of the pictures with sunlight or shadow of sharp edges that the plate has
            otherwise.
        striped_clothes: Share of the foregrounds with stripes or checks over a part of them.
        faded_clothes: Share of the foregrounds a part of which has nearly the colour behind it, as
            skin in the shade has before a pale wall.
    """

    jitter: float = 4.0
    noise: float = 0.02
    gain: float = 0.07
    holes: float = 0.1
    hard_light: float = 0.15
    striped_clothes: float = 0.15
    faded_clothes: float = 0.0


# What the built-in weights were trained and measured with.
PLAIN = Augmentation(holes=0, hard_light=0, striped_clothes=0)
