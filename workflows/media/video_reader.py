"""Video in: RGB frames with their own timestamps, decoded by PyAV with the right colour matrix."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace

logger = logging.getLogger(__name__)

HD_LINES = 720
# The default conversion loses one to two levels on average; this one keeps the mean.
# libswscale's flags stand as numbers, because PyAV before 18 names only the first.
BILINEAR, FULL_CHR_H_INT, FULL_CHR_H_INP, ACCURATE_RND = 0x2, 0x2000, 0x4000, 0x40000
EXACT_COLOURS = BILINEAR | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND
# PyAV 19 keeps metadata that is no UTF-8 by itself, and has no such option any more.
OPENING = {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}


class VideoError(ValueError):
    """A video that cannot be used, with its name, what is wrong and what to do about it."""


@dataclass(frozen=True)
class VideoInfo:
    """What the container says of the first video stream of a file.

    ``width`` and ``height`` are those of the upright picture, after the container's rotation.
    ``frame_count`` is the container's promise, 0 where it makes none; only decoding tells.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    frame_count: int
    pixel_format: str
    rotation: int
    audio_streams: int

    @classmethod
    def from_path(cls, path: str | Path) -> VideoInfo:
        """Read the header and the first frame of ``path``.

        Raises:
            FileNotFoundError: ``path`` does not exist.
            VideoError: It holds no video frame that can be decoded.
        """
        path = Path(path)
        with _open(path) as container:
            stream = _video_stream(container, path)
            frame = _first_frame(container, stream, path)
            rotation = round(frame.rotation) % 360
            upright = rotation % 180 == 0
            size = (frame.width, frame.height) if upright else (frame.height, frame.width)
            return cls(
                path=path,
                width=size[0],
                height=size[1],
                rate=stream.average_rate or stream.guessed_rate or Fraction(25),
                time_base=stream.time_base or Fraction(1, 90_000),
                frame_count=stream.frames,
                pixel_format=frame.format.name,
                rotation=rotation,
                audio_streams=len(container.streams.audio),
            )

    @property
    def has_alpha(self) -> bool:
        return any(c.is_alpha for c in av.VideoFormat(self.pixel_format).components)

    @property
    def bit_depth(self) -> int:
        return max(c.bits for c in av.VideoFormat(self.pixel_format).components)


@dataclass(frozen=True)
class Frame:
    """One picture of a video: uint8 RGB (H, W, 3) and its timestamp in the stream's time base."""

    image: np.ndarray
    pts: int


@dataclass
class VideoReader:
    """Iterate over the frames of a video, in order, each upright and with a growing timestamp.

    After the iteration ``frames_read`` is the true count, and ``warnings`` says what was odd:
    an alpha channel that was dropped, more than 8 bits, a file that breaks off.

    Example:
        >>> reader = VideoReader(VideoInfo.from_path("dance.mp4"))  # doctest: +SKIP
        >>> for frame in reader:  # doctest: +SKIP
        ...     print(frame.pts * reader.info.time_base, frame.image.shape)
    """

    info: VideoInfo
    frames_read: int = 0
    truncated: bool = False
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        name = self.info.path.name
        if self.info.has_alpha:
            self._warn(f"{name}: its alpha channel is ignored, only the colours are read")
        if self.info.bit_depth > 8:
            self._warn(f"{name}: {self.info.bit_depth} bits a channel are reduced to 8")

    def __iter__(self) -> Iterator[Frame]:
        """Yield every frame.

        Raises:
            VideoError: The picture size changes in mid-file.
        """
        self.frames_read = 0
        with _open(self.info.path) as container:
            stream = _video_stream(container, self.info.path)
            stream.thread_type = "AUTO"
            step = max(1, round(1 / (self.info.rate * self.info.time_base)))
            last_pts: int | None = None
            for frame in self._decoded(container, stream):
                image = upright_rgb(frame)
                self._check_size(image)
                pts = frame.pts
                if last_pts is not None and (pts is None or pts <= last_pts):
                    pts = last_pts + step
                last_pts = pts if pts is not None else 0
                self.frames_read += 1
                yield Frame(image, last_pts)
        promised = self.info.frame_count
        if promised and abs(promised - self.frames_read) > 1:
            self._warn(
                f"{self.info.path.name}: the header promises {promised} frames, "
                f"{self.frames_read} were decoded"
            )

    def _decoded(
        self, container: av.container.InputContainer, stream: av.VideoStream
    ) -> Iterator[av.VideoFrame]:
        try:
            for packet in container.demux(stream):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError as error:
                    self.truncated = True
                    self._warn(f"{self.info.path.name}: damaged data was skipped ({error})")
        except (av.error.InvalidDataError, av.error.EOFError, av.error.OSError) as error:
            self.truncated = True
            self._warn(
                f"{self.info.path.name}: the file breaks off after {self.frames_read} frames "
                f"({error}); what could be decoded is used"
            )

    def _check_size(self, image: np.ndarray) -> None:
        height, width = image.shape[:2]
        if (width, height) != (self.info.width, self.info.height):
            raise VideoError(
                f"{self.info.path}: frame {self.frames_read} is {width}x{height}, the frames "
                f"before it {self.info.width}x{self.info.height}. Cut the file where its size "
                "changes, or scale it to one size first, and run each part."
            )

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
            logger.warning(text)


def upright_rgb(frame: av.VideoFrame) -> np.ndarray:
    """Turn a decoded frame into uint8 RGB (H, W, 3), rotated as the container asks.

    An untagged stream is read as BT.709 from 720 lines up and as BT.601 below, as players do.
    """
    source = None
    if frame.colorspace == 2:
        source = Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601
    image = frame.reformat(
        format="rgb24", src_colorspace=source, interpolation=EXACT_COLOURS
    ).to_ndarray()
    turns = (round(frame.rotation) % 360) // 90
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _open(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist or is not a file")
    try:
        return av.open(str(path), **OPENING)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path} cannot be read as a video: {error}") from error


def _video_stream(container: av.container.InputContainer, path: Path):
    if not container.streams.video:
        raise VideoError(f"{path} holds no video stream")
    return container.streams.video[0]


def _first_frame(
    container: av.container.InputContainer, stream: av.VideoStream, path: Path
) -> av.VideoFrame:
    try:
        for packet in container.demux(stream):
            for frame in packet.decode():
                return frame
    except av.error.FFmpegError as error:
        raise VideoError(f"{path}: its first frame cannot be decoded: {error}") from error
    raise VideoError(f"{path} holds no frame: it is empty or breaks off before the first one")
