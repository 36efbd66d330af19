"""One video's way through the chain: what both passes read, write and report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from plugin_kit.picture_files import write_picture
from plugin_kit.video import Frame
from workflows.matting.options import ChainOptions
from workflows.matting.progress import share_bar
from workflows.matting.report import ChainReport
from workflows.matting.seen import SeenFrames
from workflows.media.codecs import CODECS
from workflows.media.companion import Clock, Companion
from workflows.media.prefetch import prefetch
from workflows.media.sound import Sound
from workflows.media.source import Source, source_reader
from workflows.media.video_writer import VideoSink
from workflows.screen import counting_bar

# On composites of real people the error of Robust Video Matting's first alpha falls by 3 to 17 %
# where it saw the four frames behind it before; the next ones differ by up to 4 % either way.
FIRST_FRAMES = 5


@dataclass(frozen=True)
class VideoJob:
    """A video, what to do with it, and what is to be told about it.

    Attributes:
        folder: Where the outputs are written.
        sound: What goes along with the composite; None where nothing does.
        clock: When the frame that was given last is shown.
        seen: The frames of the first pass, as far as they are held.
    """

    options: ChainOptions
    info: Source
    report: ChainReport
    folder: Path
    sound: Sound | None = None
    clock: Clock = field(default_factory=Clock)
    seen: SeenFrames = field(default_factory=SeenFrames)

    def frames(self, label: str) -> Iterator[Frame]:
        """Every frame, with a progress bar; what was odd about the file goes into the report.

        The first one is at 0, whenever the video begins.
        """
        reader = source_reader(self.info)
        first: int | None = None
        with counting_bar(self.options.quiet) as progress:
            bar = progress.add_task(label, total=self.info.frame_count or None)
            for frame in prefetch(reader):
                first = frame.pts if first is None else first
                self.clock.seconds = (frame.pts - first) * self.info.time_base
                yield replace(frame, pts=frame.pts - first)
                progress.advance(bar)
            progress.update(bar, total=reader.frames_read)
        self.report.frames = reader.frames_read
        for warning in reader.warnings:
            self.report.warn(warning)

    def frames_again(self, label: str) -> Iterator[Frame]:
        """What :meth:`frames` gave, once more: out of memory where all of it is held there."""
        if not len(self.seen):
            yield from self.frames(label)
            return
        with counting_bar(self.options.quiet) as progress:
            bar = progress.add_task(label, total=len(self.seen))
            for frame in self.seen:
                self.clock.seconds = frame.pts * self.info.time_base
                yield frame
                progress.advance(bar)

    def first_frames(self) -> list[np.ndarray]:
        """Its first frames, uint8 RGB (H, W, 3), for what has to see some before it is good."""
        with closing(iter(source_reader(self.info))) as frames:  # type: ignore[type-var]
            return [frame.image for frame in islice(frames, FIRST_FRAMES)]

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[float], None]]:
        """A bar for work that tells the share that is done, 0 to 1."""
        with share_bar(label, self.options.quiet) as tell:
            yield tell

    def finish(self) -> None:
        """Write the report."""
        self.report.write(self.folder)

    def write_picture(self, name: str, image: np.ndarray) -> None:
        """Write a picture beside the videos, if it is wanted."""
        if name not in self.options.outputs:
            return
        write_picture(self._named(name, ".png"), image)

    def companion(self, path: Path) -> Companion:
        """A video or folder of mattes that runs along with the whole of the job's video.

        Its picture for the frame that :meth:`frames` gave last is ``at(clock.seconds)``.
        """
        return Companion(path, self.info)

    def open_sinks(self, channels: Mapping[str, int]) -> dict[str, VideoSink]:
        """The videos that are wanted of these, by their names and numbers of channels."""
        wanted = self.options.outputs
        return {
            name: self.open_sink(name, count) for name, count in channels.items() if name in wanted
        }

    def open_sink(self, name: str, channels: int) -> VideoSink:
        """A video as the options want it, with the source's size, times and sound."""
        info, codec = self.info, self.options.codec
        return VideoSink(
            self._named(name, CODECS[codec].suffix),
            info.width,
            info.height,
            info.rate,
            info.time_base,
            codec=codec,
            channels=channels,
            crf=self.options.crf,
            pixel_aspect=info.pixel_aspect,
            colours=(info.primaries, info.transfer),
            sound=self.sound if name == "composite" else None,
            numbers=info.numbers,
        )

    def _named(self, name: str, suffix: str) -> Path:
        path = self.folder / f"{name}{suffix}"
        self.report.files[name] = path.name
        return path
