"""A video that runs along with another, such as its mattes: the picture that belongs to a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from plugin_kit.picture_files import folder_pictures, read_grey
from plugin_kit.video import VideoError, VideoInfo, VideoReader, can_seek
from workflows.media.source import Source

# Beyond so many seconds it is worth seeking instead of decoding on.
SECONDS_TO_SEEK = 2


@dataclass
class Clock:
    """A time in seconds since the first frame."""

    seconds: Fraction = Fraction(0)


class Companion:
    """Brightness of a video or of a folder's pictures, whose first belongs to a source's first.

    Of a video, the frame that is shown at a time of the source, counted from the first frame of
    each, is the one that belongs to it; of pictures, one belongs to each frame.

    Args:
        path: The video, or the folder.
        source: What it runs along with; times are those of its file, whatever part is chosen.

    Raises:
        FileNotFoundError, ValueError: It cannot be read; the text names it.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self._path, self._rate = path, source.rate
        self._begin = source.start - source.stored.start
        self._pictures = folder_pictures(path) if path.is_dir() else []
        if not self._pictures:
            self._info = VideoInfo.from_path(path)
            self._half = Fraction(1, 2) / self._info.rate
        self._frames: Iterator[tuple[Fraction, np.ndarray]] = iter(())
        self._current: tuple[Fraction, np.ndarray] | None = None
        self._following: tuple[Fraction, np.ndarray] | None = None

    def at(self, seconds: Fraction) -> np.ndarray:
        """The picture, uint8 (H, W), for the frame at this time of the chosen part.

        Raises:
            ValueError: It is over before; the text says so.
        """
        time = seconds + self._begin
        return self._picture_at(time) if self._pictures else self._frame_at(time)

    def _picture_at(self, time: Fraction) -> np.ndarray:
        index = round(time * self._rate)
        if index >= len(self._pictures):
            raise self._over(time)
        return read_grey(self._pictures[index])

    def _frame_at(self, time: Fraction) -> np.ndarray:
        last = self._current
        if last is None or time < last[0] or time > last[0] + SECONDS_TO_SEEK:
            self._go_to(time)
        # Both clocks may round: half a frame belongs to the one that follows.
        while self._following is not None and self._following[0] <= time + self._half:
            self._current, self._following = self._following, next(self._frames, None)
        current = self._current
        if current is None or time > current[0] + 3 * self._half:
            raise self._over(time)
        return current[1]

    def _go_to(self, time: Fraction) -> None:
        base, start = self._info.time_base, self._info.start
        tick = round((start + max(Fraction(0), time - 2 * self._half)) / base)
        begin = tick if can_seek(self._path, tick) else None
        reader = VideoReader(self._info, is_grey=True, begin=begin)
        self._frames = ((frame.pts * base - start, frame.image) for frame in reader)
        self._current = next(self._frames, None)
        self._following = next(self._frames, None)

    def _over(self, time: Fraction) -> VideoError:
        return VideoError(
            f"{self._path} is over before {float(time):.2f} s of the video that it belongs to: it "
            "has to have a picture for every frame"
        )
