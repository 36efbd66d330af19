"""Single answers from a video: its number of frames, one frame, which colour matrix it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .deinterlacing import deinterlaced
from .frames import ColorMatrix, upright_rgb
from .opening import VideoError, decoded_frames, first_frame, open_stream

# By how many frames, at most, codecs let packets come in another order than pictures.
REORDERED = 32
# Containers whose packets say when each picture is shown.
WITH_TIMES = ("mp4", "matroska")
# Mean grey levels by which two readers may differ in one and the same frame.
SAME_PICTURE = 3.0


def count_frames(path: str | Path) -> int:
    """Count the video packets of a file, without decoding; about its number of frames.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It cannot be read as a video.
    """
    with open_stream(path) as stream:
        try:
            return sum(1 for _ in _shown_packets(stream))
        except FFmpegError as error:
            raise VideoError(f"{path} cannot be read as a video: {error}") from error


def frame_at(path: str | Path, index: int, color_matrix: ColorMatrix = "auto") -> np.ndarray:
    """One frame of a video, counted from 0, upright: uint8 RGB (H, W, 3).

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is no video, or is shorter.
    """
    for find in (_sought_frame, _counted_frame):
        with open_stream(path) as stream, suppress(FFmpegError):
            if (frame := find(stream, index)) is not None:
                return upright_rgb(frame, color_matrix)
    raise VideoError(f"{path} has no frame {index}: it is shorter, or breaks off before it")


def time_of_frame(path: str | Path, index: int) -> int | None:
    """When a frame, counted from 0, is shown, in ticks of the time base; decodes nothing.

    None where the file does not tell: it is shorter, or only counting decoded frames is sure.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It cannot be read as a video.
    """
    with open_stream(path) as stream, suppress(FFmpegError):
        if (known := _times_until(stream, index)) is not None:
            return known.times[index]
    return None


def can_seek(path: str | Path, time: int) -> bool:
    """Whether decoding can begin at a key frame that is shown at ``time`` (ticks) or before it."""
    with open_stream(path) as stream, suppress(FFmpegError):
        container = cast(InputContainer, stream.container)
        if not _has_times(stream):
            return False
        container.seek(time, stream=stream)
        for frame in islice(decoded_frames(stream), REORDERED):
            if frame.key_frame:
                return frame.pts is not None and frame.pts <= time
    return False


@dataclass(frozen=True)
class MatrixMatch:
    """How near a video's first frame comes to what another reader showed of it.

    Attributes:
        color_matrix: The one with which it comes nearest.
        distance: Mean difference in grey levels; infinite where sizes differ.
        width, height: Of the video, upright.
    """

    color_matrix: ColorMatrix
    distance: float
    width: int
    height: int

    @property
    def has_same_size(self) -> bool:
        return bool(np.isfinite(self.distance))

    @property
    def is_same_picture(self) -> bool:
        return self.distance <= SAME_PICTURE


def matching_matrix(path: str | Path, wanted: ColorMatrix, shown: np.ndarray) -> MatrixMatch:
    """The colour matrix that makes ``path`` look as another reader shows it.

    Ikomia's reader ignores a file's tag. A picture that is read here and subtracted from what
    Ikomia shows would be several levels off everywhere, were it read by another matrix.

    Args:
        path: The video.
        wanted: ``auto`` to try all; another is kept, and compared alone.
        shown: Its first frame by the other reader, uint8 RGB (H, W, 3).

    Raises:
        FileNotFoundError, VideoError: There is no such video.
    """
    with open_stream(path) as stream:
        first = first_frame(stream, path)
    tried: tuple[ColorMatrix, ...] = ("auto", "601", "709") if wanted == "auto" else (wanted,)
    pictures = {matrix: upright_rgb(first, matrix) for matrix in tried}
    height, width = pictures[wanted].shape[:2]
    if pictures[wanted].shape != shown.shape:
        return MatrixMatch(wanted, np.inf, width, height)
    distances = {
        matrix: float(np.abs(picture.astype(np.int16) - shown).mean())
        for matrix, picture in pictures.items()
    }
    best = min(tried, key=distances.__getitem__)
    return MatrixMatch(best, distances[best], width, height)


def _shown_packets(stream: VideoStream) -> Iterator[Packet]:
    packets = cast(InputContainer, stream.container).demux(stream)
    return (packet for packet in packets if packet.size > 0 and not packet.is_discard)


@dataclass(frozen=True)
class _Times:
    """When the first pictures of a stream are shown, in order, and which are key frames."""

    times: list[int]
    keys: set[int]


def _has_times(stream: VideoStream) -> bool:
    return any(name in stream.container.format.name for name in WITH_TIMES)


def _times_until(stream: VideoStream, index: int) -> _Times | None:
    """Up to the frame ``index`` at least; None where the file does not tell surely."""
    if not _has_times(stream):
        return None
    packets = list(islice(_shown_packets(stream), index + 1 + REORDERED))
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    if not len(set(times)) == len(packets) > index:
        return None
    keys = {packet.pts for packet in packets if packet.is_keyframe and packet.pts is not None}
    return _Times(times, keys) if times[0] == packets[0].pts and times[0] in keys else None


def _sought_frame(stream: VideoStream, index: int) -> VideoFrame | None:
    """The frame, decoded from the key frame before it; None where the file does not tell surely
    which one it is.
    """
    if (known := _times_until(stream, index)) is None:
        return None
    times = known.times
    key = max(time for time in times[: index + 1] if time in known.keys)
    cast(InputContainer, stream.container).seek(key, stream=stream)
    frame = None
    frames = decoded_frames(stream)
    for time in times[times.index(key) : index + 1]:
        frame = next(frames, None)
        # What an interlaced picture shows depends on those around it.
        if frame is None or frame.pts != time or frame.is_corrupt or frame.interlaced_frame:
            return None
    return frame


def _counted_frame(stream: VideoStream, index: int) -> VideoFrame | None:
    stream.thread_type = "AUTO"
    shown = (picture for _, picture in deinterlaced(decoded_frames(stream)))
    return next(islice(shown, index, None), None)
