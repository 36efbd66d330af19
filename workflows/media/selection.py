"""Which part of a video is wanted, and how large: ``--start``, ``--end`` and ``--size``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

FRAME = re.compile(r"(\d+)f")
TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?|\.\d+)")
BOX, LINES, SHARE = re.compile(r"(\d+)x(\d+)"), re.compile(r"(\d+)p"), re.compile(r"(\d+\.?\d*)%")
FORMS_OF_TIMES = "give seconds (12.5), HH:MM:SS.mmm (0:01:12.5) or a frame's number (300f)"
FORMS_OF_SIZES = "give a box (1280x720), lines (720p) or a share (50%)"


@dataclass(frozen=True)
class Moment:
    """A time since the first frame, in seconds, or the number of a frame."""

    seconds: Fraction = Fraction(0)
    frame: int | None = None

    @classmethod
    def parse(cls, text: str, option: str) -> Moment:
        """Read seconds, ``HH:MM:SS.mmm`` or ``120f``.

        Raises:
            ValueError: It is none of them; the text names ``option``.
        """
        if match := FRAME.fullmatch(text):
            return cls(frame=int(match[1]))
        if match := TIME.fullmatch(text):
            hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
            return cls(3600 * hours + 60 * minutes + seconds)
        raise ValueError(f"{option} {text!r} is no time: {FORMS_OF_TIMES}")


@dataclass(frozen=True)
class Selection:
    """Which frames, from ``start`` up to and without ``end``, and how large.

    Attributes:
        start, end, size: As the command line has them, for messages too; None: all, and as it is.
    """

    start: str | None = None
    end: str | None = None
    size: str | None = None

    def check(self) -> None:
        """Refuse what cannot be read.

        Raises:
            ValueError: The text names the option.
        """
        start, end = self.first, self.beyond
        if self.size is not None:
            fitted_size(self.size, 2, 2)
        if start is None or end is None or (start.frame is None) != (end.frame is None):
            return
        if (end.frame or 0, end.seconds) <= (start.frame or 0, start.seconds):
            raise ValueError(f"--end {self.end} is not after --start {self.start}")

    @property
    def first(self) -> Moment | None:
        return None if self.start is None else Moment.parse(self.start, "--start")

    @property
    def beyond(self) -> Moment | None:
        return None if self.end is None else Moment.parse(self.end, "--end")


def fitted_size(text: str, width: int, height: int) -> tuple[int, int]:
    """The largest size within what ``text`` asks for; never larger than it is, sides even.

    Args:
        text: ``1280x720``, a box; ``720p``, the shorter side; ``50%``.
        width, height: Of the pictures, in pixels.

    Raises:
        ValueError: It is no size.
    """
    if match := BOX.fullmatch(text):
        scale = min(Fraction(int(match[1]), width), Fraction(int(match[2]), height))
    elif match := LINES.fullmatch(text):
        scale = Fraction(int(match[1]), min(width, height))
    elif match := SHARE.fullmatch(text):
        scale = Fraction(match[1]) / 100
    else:
        raise ValueError(f"--size {text!r} is no size: {FORMS_OF_SIZES}")
    if scale <= 0:
        raise ValueError(f"--size {text!r} leaves no picture: {FORMS_OF_SIZES}")
    if scale >= 1:
        return width, height
    return _even(width * scale), _even(height * scale)


def is_enlarging(text: str, width: int, height: int) -> bool:
    """Whether ``text`` asks for more pixels than there are."""
    if match := BOX.fullmatch(text):
        return int(match[1]) > width and int(match[2]) > height
    if match := LINES.fullmatch(text):
        return int(match[1]) > min(width, height)
    return float(text.rstrip("%")) > 100


def _even(side: Fraction) -> int:
    return max(2, 2 * round(side / 2))
