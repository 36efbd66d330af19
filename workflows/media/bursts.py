"""A few frames in a row at moments spread over a video, read without what lies between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice

from plugin_kit.video import Frame, VideoReader, can_seek, count_frames
from workflows.media.source import Source, SourceReader, source_reader


@dataclass
class BurstReader:
    """Reads ``length`` frames at each of ``moments`` moments; all of a short video.

    Args:
        info: What was chosen of a video, or of pictures.
        moments: How many, each in the middle of its share of the time.
        length: Frames a moment, at least 1.

    Attributes:
        frames_read, warnings: As a :class:`SourceReader` has them.
    """

    info: Source
    moments: int
    length: int
    frames_read: int = field(default=0, init=False)
    warnings: list[str] = field(default_factory=list, init=False)

    @property
    def expected(self) -> int:
        """How many frames it gives, about."""
        return min(self._count or self.moments * self.length, self.moments * self.length)

    def __post_init__(self) -> None:
        self._count = self.info.frame_count
        if not self._count:
            skipped = round((self.info.start - self.info.stored.start) * self.info.rate)
            self._count = max(0, count_frames(self.info.path) - skipped)
        self._whole = source_reader(self.info)
        self.warnings = self._whole.warnings

    def __iter__(self) -> Iterator[tuple[Frame, bool]]:
        """Yield each frame, and whether it is the last of its moment; times as in the video."""
        self.frames_read = 0
        for frame, is_last in self._frames():
            self.frames_read += 1
            yield frame, is_last

    def _frames(self) -> Iterator[tuple[Frame, bool]]:
        if self._count <= self.moments * self.length:
            frames = list(self._whole)
            step = max(1, -(-len(frames) // self.moments))
            yield from ((f, (len(frames) - 1 - i) % step == 0) for i, f in enumerate(frames))
            return
        starts = [
            int((moment + 0.5) * self._count / self.moments) - self.length // 2
            for moment in range(self.moments)
        ]
        if self.info.pictures:
            for start in starts:
                part = self.info.pictures[start : start + self.length]
                reader = SourceReader(replace(self.info, pictures=part))
                yield from _marked((replace(f, pts=f.pts + start) for f in reader), self.length)
            return
        first = round(self.info.start / self.info.time_base)
        ticks = [first + round(s / (self.info.rate * self.info.time_base)) for s in starts]
        if can_seek(self.info.path, ticks[0]):
            for tick in ticks:
                yield from self._sought(tick)
        else:
            yield from self._passing(ticks)

    def _sought(self, tick: int) -> Iterator[tuple[Frame, bool]]:
        reader = VideoReader(self.info.stored, begin=tick)
        with closing(iter(reader)) as frames:  # type: ignore[type-var]
            fitted = (replace(f, image=self.info.fitted(f.image)) for f in frames)
            yield from _marked(fitted, self.length)

    def _passing(self, ticks: list[int]) -> Iterator[tuple[Frame, bool]]:
        """All frames are decoded, those of the moments are given."""
        waiting, left = list(ticks), 0
        for frame in self._whole:
            if waiting and frame.pts >= waiting[0]:
                waiting.pop(0)
                left = self.length
            if left:
                left -= 1
                yield frame, left == 0


def _marked(frames: Iterator[Frame], length: int) -> Iterator[tuple[Frame, bool]]:
    return ((frame, i == length - 1) for i, frame in enumerate(islice(frames, length)))
