"""Which person is meant: all, the largest, one by identity, one by a point in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .people import FramePeople

LARGEST = "largest"


@dataclass(frozen=True)
class Choice:
    """Who is wanted.

    Attributes:
        kind: all, largest, identity or point.
        identity: For ``identity``, from 0.
        point: For ``point``: x and y in pixels.
        frame: For ``point``: in which frame, from 0.
    """

    kind: Literal["all", "largest", "identity", "point"] = "all"
    identity: int = 0
    point: tuple[float, float] = (0.0, 0.0)
    frame: int = 0

    @staticmethod
    def parse(text: str) -> Choice:
        """Read ``all``, ``largest``, ``2``, ``640,300`` or ``640,300,25``.

        Raises:
            ValueError: It is none of these.

        Example:
            >>> Choice.parse("640,300,25").frame
            25
        """
        words = [word.strip() for word in text.strip().lower().split(",")]
        try:
            match words:
                case ["all"] | [""]:
                    return Choice("all")
                case ["largest"]:
                    return Choice("largest")
                case [identity] if int(identity) >= 0:
                    return Choice("identity", identity=int(identity))
                case [x, y]:
                    return Choice("point", point=(float(x), float(y)))
                case [x, y, frame] if int(frame) >= 0:
                    return Choice("point", point=(float(x), float(y)), frame=int(frame))
        except ValueError:
            pass
        raise ValueError(
            f"person {text!r} is none of: all, largest, a number from 0, x,y or x,y,frame"
        )


def choose(frames: Sequence[FramePeople], choice: Choice) -> list[FramePeople]:
    """Keep who is wanted of a whole video, one entry a frame.

    The largest is who covers most over all frames together.

    Raises:
        ValueError: The identity, the frame or the point's person is not there.
    """
    raise NotImplementedError
