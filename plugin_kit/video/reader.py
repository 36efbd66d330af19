"""The frames of a video, one after another."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .deinterlacing import deinterlaced
from .frames import CONVERTIBLE, ColorMatrix, Orientation, upright_luma, upright_rgb
from .lookup import can_seek
from .opening import VideoError, decoded_frames, has_picture_times, open_stream
from .video_info import VideoInfo

# By more steps than that codecs do not change the order of frames.
MOST_REORDERED = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """One picture of a video, upright.

    Attributes:
        image: uint8 RGB (H, W, 3) or, where brightness was asked for, (H, W).
        pts: When it is shown, in ticks of the video's time base.
        duration: How long, in ticks. In some files the one that is stored last, and not the one
            that is shown last, bears that of the end.
    """

    image: np.ndarray
    pts: int
    duration: int = 1


@dataclass
class VideoReader:
    """Iterate over the frames of a video, in order, each upright and with a growing timestamp.

    Args:
        info: The video.
        color_matrix: As for :func:`upright_rgb`.
        is_grey: Give the brightness alone, as of a video of mattes.
        begin: Leave out the frames that are shown before this time (ticks of the time base); they
            are not even decoded where the file lets one seek.

    Attributes:
        frames_read: The true count, after the iteration.
        warnings: What was odd: an alpha channel that was dropped, more than 8 bits, colours of
            high dynamic range, interlaced pictures, a wrong promise, a file that breaks off.

    Example:
        >>> reader = VideoReader(VideoInfo.from_path("dance.mp4"))  # doctest: +SKIP
        >>> for frame in reader:  # doctest: +SKIP
        ...     print(frame.pts * reader.info.time_base, frame.image.shape)
    """

    info: VideoInfo
    color_matrix: ColorMatrix = field(default="auto", kw_only=True)
    is_grey: bool = field(default=False, kw_only=True)
    begin: int | None = field(default=None, kw_only=True)
    frames_read: int = field(default=0, init=False)
    warnings: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if self.info.has_alpha:
            self._warn("its alpha channel is ignored, only the colours are read")
        if self.info.bit_depth > 8:
            self._warn(f"{self.info.bit_depth} bits a channel are reduced to 8")
        if self.info.hdr:
            self._warn(
                f"its colours are HDR ({self.info.hdr}) and are brought to SDR"
                if self.color_matrix == "auto"
                else f"its colours are HDR ({self.info.hdr}) and look pale, as color_matrix="
                f"{self.color_matrix} takes them as they are coded"
            )

    def __iter__(self) -> Iterator[Frame]:
        """Yield every frame.

        Raises:
            FileNotFoundError: The file is gone.
            VideoError: The picture size changes in mid-file.
        """
        self.frames_read = 0
        step = max(1, round(1 / (self.info.rate * self.info.time_base)))
        with open_stream(self.info.path) as stream:
            timeline = Timeline(step, has_picture_times(stream))
            stream.thread_type = "AUTO"
            if self.begin is not None and can_seek(self.info.path, self.begin):
                cast(InputContainer, stream.container).seek(self.begin, stream=stream)
            for decoded, shown in deinterlaced(self._decoded(stream)):
                time = timeline.time_of(decoded)
                if self.begin is not None and time < self.begin:
                    continue
                image = self._picture(shown)
                self.frames_read += 1
                yield Frame(image, time, decoded.duration or step)
        promised = self.info.frame_count if self.begin is None else 0
        if promised and abs(promised - self.frames_read) > 1:
            self._warn(f"the header promises {promised} frames, {self.frames_read} were decoded")

    def _decoded(self, stream: VideoStream) -> Iterator[VideoFrame]:
        try:
            for frame in decoded_frames(
                stream, lambda error: self._warn(f"damaged data was skipped ({error})")
            ):
                self._check(frame)
                yield frame
        except FFmpegError as error:
            self._warn(
                f"the file breaks off after {self.frames_read} frames ({error}); what could be "
                "decoded is used"
            )

    def _picture(self, frame: VideoFrame) -> np.ndarray:
        return upright_luma(frame) if self.is_grey else upright_rgb(frame, self.color_matrix)

    def _check(self, frame: VideoFrame) -> None:
        if frame.interlaced_frame:
            self._warn("its pictures are interlaced, two moments in each; they are deinterlaced")
        if frame.colorspace not in CONVERTIBLE and self.color_matrix == "auto":
            self._warn(
                f"its colour matrix ({frame.colorspace} in FFmpeg's list) is none that can be "
                "converted by: it is read as if it had no tag, and colours may be wrong"
            )
        size = frame.width, frame.height
        width, height = size[::-1] if Orientation.of(frame).swaps_axes else size
        if (width, height) != (self.info.width, self.info.height):
            raise VideoError(
                f"{self.info.path}: frame {self.frames_read} is {width}x{height}, the frames "
                f"before it {self.info.width}x{self.info.height}. Cut the file where its size "
                "changes, or scale it to one size first, and run each part."
            )

    def _warn(self, text: str) -> None:
        text = f"{self.info.path}: {text}"
        if text not in self.warnings:
            self.warnings.append(text)
            logger.warning(text)


class Timeline:
    """The timestamps of a stream's frames, in order.

    Presentation times count as long as they break their order no more often than decoding times
    do (FFmpeg's "best effort"). Where a time is missing or does not grow, it is one frame after
    the one before. Where times fall far back, files were joined: the later ones go on from there.

    Args:
        step: The duration of a frame in ticks of the stream's time base, at least 1.
        has_picture_times: Else presentation times are made up, and are passed over.
    """

    def __init__(self, step: int, has_picture_times: bool = True) -> None:
        self._step, self._has_picture_times = step, has_picture_times
        self._last: int | None = None
        self._shift = 0
        # Of presentation times and of decoding times: the last one, and how many did not grow.
        self._before: list[int | None] = [None, None]
        self._faults = [0, 0]

    def time_of(self, frame: VideoFrame) -> int:
        """The timestamp of the frame that comes next."""
        for kind, time in enumerate((frame.pts, frame.dts)):
            before = self._before[kind]
            self._faults[kind] += time is None or (before is not None and time <= before)
            self._before[kind] = before if time is None else time
        is_trusted = self._faults[0] <= self._faults[1]
        time = frame.pts if is_trusted or frame.dts is None else frame.dts
        time = time if self._has_picture_times else frame.dts
        if self._last is None:
            time = time or 0
        elif time is None or (time := time + self._shift) <= self._last:
            following = self._last + self._step
            if time is not None and following - time > MOST_REORDERED * self._step:
                self._shift += following - time
            time = following
        self._last = time
        return time
