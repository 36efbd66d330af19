"""What a container says of its video."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.video.format import VideoFormat
from av.video.stream import VideoStream

from .frames import UNTAGGED, Orientation
from .opening import first_frame, has_picture_times, open_stream
from .tone_mapping import HDR_TRANSFERS

BT709, LAST_TAG, RESERVED = 1, 22, (0, 3)
# What is said to be narrower or wider is damage.
MOST_ASPECT = 10
MOST_RATE, USUAL_RATE = 100_000, Fraction(25)


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What the container and its first frame say of the video of a file.

    Attributes:
        path: The file.
        width, height: Of the upright picture, in pixels.
        rate: Frames a second, on average.
        time_base: Seconds a tick of the timestamps.
        frame_count: The container's promise, 0 where it makes none; only decoding tells.
        pixel_format: FFmpeg's name for how pixels lie in the file.
        audio_streams: How many there are.
        pixel_aspect: Width over height of one pixel of the upright picture.
        hdr: HLG or PQ where the video is coded for high dynamic range, else empty.
        start: When its first frame is shown, in seconds.
        primaries, transfer: FFmpeg's numbers for the colours and the brightness of the pictures
            that are read; 2 where the file does not say.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    frame_count: int
    pixel_format: str
    audio_streams: int
    pixel_aspect: Fraction = Fraction(1)
    hdr: str = ""
    start: Fraction = Fraction(0)
    primaries: int = UNTAGGED
    transfer: int = UNTAGGED

    @classmethod
    def from_path(cls, path: str | Path) -> VideoInfo:
        """Read the header and the first frame of ``path``.

        Raises:
            FileNotFoundError: ``path`` does not exist.
            VideoError: It holds no video frame that can be decoded.
        """
        path = Path(path)
        with open_stream(path) as stream:
            frame = first_frame(stream, path)
            size, aspect = (frame.width, frame.height), _fraction(stream.sample_aspect_ratio, 1)
            if not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
                aspect = Fraction(1)
            if Orientation.of(frame).swaps_axes:
                size, aspect = size[::-1], 1 / aspect
            shown = frame.pts if has_picture_times(stream) else frame.dts
            hdr = HDR_TRANSFERS.get(frame.color_trc, "")
            time_base = _fraction(stream.time_base, Fraction(1, 90_000))
            return cls(
                path=path,
                width=size[0],
                height=size[1],
                rate=_rate_of(stream),
                time_base=time_base,
                frame_count=stream.frames,
                pixel_format=frame.format.name,
                audio_streams=len(stream.container.streams.audio),
                pixel_aspect=aspect,
                hdr=hdr,
                start=(shown or 0) * time_base,
                primaries=BT709 if hdr else _known_tag(frame.color_primaries),
                transfer=BT709 if hdr else _known_tag(frame.color_trc),
            )

    @property
    def has_alpha(self) -> bool:
        return any(c.is_alpha for c in VideoFormat(self.pixel_format).components)

    @property
    def bit_depth(self) -> int:
        return max(c.bits for c in VideoFormat(self.pixel_format).components)


def _rate_of(stream: VideoStream) -> Fraction:
    """The first rate that a camera can have of those that the file says or lets guess."""
    said = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    rates = (_fraction(rate, 0) for rate in said)
    return next((rate for rate in rates if 0 < rate <= MOST_RATE), USUAL_RATE)


def _known_tag(tag: int) -> int:
    return tag if 0 < tag <= LAST_TAG and tag not in RESERVED else UNTAGGED


def _fraction(value: Any, otherwise: Fraction | int) -> Fraction:
    """PyAV's number, whose type differs between its versions; ``otherwise`` where it is unset."""
    return Fraction(value.numerator, value.denominator) if value else Fraction(otherwise)
