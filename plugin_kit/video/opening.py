"""Open a file, choose its video stream, decode what can be decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# PyAV 19 keeps metadata that is no UTF-8 by itself, and has no such option any more.
OPENING: dict[str, Any] = (
    {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}
)


class VideoError(ValueError):
    """A video that cannot be used, with its name, what is wrong and what to do about it."""


def open_video(path: str | Path) -> InputContainer:
    """Open a file for reading.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is nothing that FFmpeg knows.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"the video {path} does not exist or is not a file")
    try:
        # FFmpeg takes what stands before a colon for a protocol, but not in an absolute path.
        return av.open(str(path.absolute()), **OPENING)
    except (FFmpegError, OSError) as error:
        raise VideoError(f"{path} cannot be read as a video: {error}") from error


@contextmanager
def open_stream(path: str | Path) -> Iterator[VideoStream]:
    """The video stream of a file, which is open as long; raises as what it is made of does."""
    with open_video(path) as container:
        yield video_stream(container, path)


def video_stream(container: InputContainer, path: str | Path) -> VideoStream:
    """The stream that players show: the default one, or else the first; never a cover picture.

    Raises:
        VideoError: There is none.
    """
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise VideoError(f"{path} holds no video stream")
    return next((s for s in streams if s.disposition & Disposition.default), streams[0])


def decoded_frames(
    stream: VideoStream, when_damaged: Callable[[FFmpegError], None] = lambda error: None
) -> Iterator[VideoFrame]:
    """Yield every frame that can be decoded, in the order in which they are shown.

    Args:
        stream: Of a file that is open.
        when_damaged: Told of each packet that is skipped.

    Raises:
        FFmpegError: The file breaks off.
    """
    for packet in cast(InputContainer, stream.container).demux(stream):
        try:
            frames = packet.decode()
        except InvalidDataError as error:
            when_damaged(error)
            continue
        yield from frames


def has_picture_times(stream: VideoStream) -> bool:
    """Whether the file says when pictures are shown; AVI only knows their order of decoding."""
    return "avi" not in stream.container.format.name.split(",")


def first_frame(stream: VideoStream, path: str | Path) -> VideoFrame:
    """The first frame that can be decoded.

    Raises:
        VideoError: There is none.
    """
    try:
        for frame in decoded_frames(stream):
            return frame
    except FFmpegError as error:
        raise VideoError(f"{path}: its first frame cannot be decoded: {error}") from error
    raise VideoError(f"{path} holds no frame: it is empty or breaks off before the first one")
