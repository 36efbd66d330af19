"""One track of sound on its way into a file: passed on as it is, or encoded anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError

# Sound may begin so long before the picture, as encoders need it; what is earlier is left out.
PRIMING = Fraction(1, 10)
# A clock that falls back so far, or is so far ahead, is another recording's, or a silence.
SECONDS_BACK = Fraction(1, 2)
SECONDS_OF_GAP = Fraction(1, 20)


@dataclass(frozen=True)
class _Encoding:
    """An encoder, and the rates and, by number of channels, the layouts that it has."""

    encoder: str
    rates: tuple[int, ...]
    layouts: dict[int, str]
    samples_a_frame: int


AAC = _Encoding(
    "aac",
    (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"},
    1024,
)
OPUS = _Encoding("libopus", (48000,), {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}, 960)


def decoded(packet: av.Packet) -> list[AudioFrame] | None:
    """What a packet holds; None where it is damaged."""
    try:
        return cast("list[AudioFrame]", packet.decode())
    except FFmpegError:
        return None


class _Clock:
    """Times of the output, in seconds, by those of a source: they never fall back.

    Args:
        start: The source's time at which the output begins.
        length: The output's end; None: there is none.
    """

    def __init__(self, start: Fraction, length: Fraction | None = None) -> None:
        self._shift = -start
        self.end: Fraction | None = None
        self.length = length

    def is_over(self, time: Fraction) -> bool:
        """Whether what is at this time of the output is left out."""
        return self.length is not None and time >= self.length

    def time_of(self, seconds: Fraction | None) -> Fraction:
        """The time in the output; where recordings were joined, the later one is moved on."""
        if seconds is None:
            return self.end or Fraction(0)
        time = seconds + self._shift
        if self.end is not None and time < self.end - SECONDS_BACK:
            self._shift += self.end - time
            time = self.end
        return time


class CopiedTrack:
    """A track whose packets are passed on as they are, but for those whose time stands still."""

    def __init__(
        self,
        stream: AudioStream,
        output: OutputContainer,
        start: Fraction,
        length: Fraction | None = None,
    ) -> None:
        self._output = output
        self._target = output.add_stream_from_template(stream)
        _take_over_names(stream, self._target)
        self._clock = _Clock(start, length)
        # Only QuickTime's kind of file can say that sound is to be cut at its beginning.
        self._earliest = -PRIMING if output.format.name in ("mp4", "mov") else Fraction(0)
        self._last: int | None = None
        self.seconds = Fraction(-1)
        self.has_sound = False

    @property
    def is_over(self) -> bool:
        """Whether what was taken last lies behind the output's end."""
        return self._clock.is_over(self.seconds)

    def take(self, packet: av.Packet) -> None:
        base = packet.time_base
        if packet.size == 0 or base is None:
            return
        given = packet.dts if packet.dts is not None else packet.pts
        time = self._clock.time_of(None if given is None else given * base)
        dts = round(time / base)
        self.seconds = max(self.seconds, time)
        if (
            time < self._earliest
            or self._clock.is_over(time)
            or (self._last is not None and dts <= self._last)
        ):
            return
        self._last, self._clock.end = dts, time + (packet.duration or 0) * base
        delay = 0
        if packet.pts is not None and packet.dts is not None:
            delay = packet.pts - packet.dts
        packet.pts, packet.dts = dts + delay, dts
        packet.stream = self._target
        self._output.mux(packet)
        self.has_sound = True

    def finish(self) -> None:
        """Nothing waits."""


class EncodedTrack:
    """A track that is decoded and encoded as AAC or Opus, its gaps filled with silence."""

    def __init__(
        self,
        stream: AudioStream,
        output: OutputContainer,
        start: Fraction,
        length: Fraction | None = None,
    ) -> None:
        context = stream.codec_context
        given = context.sample_rate
        self._encoding = encoding = OPUS if output.format.name == "webm" else AAC
        self._rate = min(encoding.rates, key=lambda rate: (abs(rate - given), -rate))
        layout = encoding.layouts.get(context.layout.nb_channels, "stereo")
        self._output = output
        self._target = cast(AudioStream, output.add_stream(encoding.encoder, rate=self._rate))
        self._target.codec_context.layout = layout
        self._format = self._target.codec_context.format.name
        _take_over_names(stream, self._target)
        self._resampler = AudioResampler(self._format, layout, self._rate, encoding.samples_a_frame)
        self._layout = layout
        self._clock = _Clock(start, length)
        self._samples = 0
        self.seconds = Fraction(-1)

    @property
    def is_over(self) -> bool:
        """Whether what was taken last lies behind the output's end."""
        return self._clock.is_over(self.seconds)

    def take(self, packet: av.Packet) -> None:
        for frame in decoded(packet) or ():
            for part in self._in_time(frame):
                self._encode(self._resampler.resample(part))

    def finish(self) -> None:
        self._encode(self._resampler.resample(None))
        if not self._samples:
            # A track without any sound would not be written.
            samples = self._encoding.samples_a_frame
            self._encode([_silence(self._format, self._layout, self._rate, samples)])
        self._output.mux(self._target.encode(None))

    def _in_time(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """The frame, after as much silence as there is a gap, without what comes too early."""
        time = self._clock.time_of(
            None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
        )
        end = self._clock.end or Fraction(0)
        self.seconds = max(self.seconds, time)
        length = Fraction(frame.samples, frame.sample_rate)
        if time + length <= end or self._clock.is_over(time):
            return
        if time < end - SECONDS_OF_GAP:
            frame = _without_beginning(frame, int((end - time) * frame.sample_rate))
            length = Fraction(frame.samples, frame.sample_rate)
        while time > end + SECONDS_OF_GAP:
            samples = int(min(time - end, 1) * frame.sample_rate)
            yield _silence(frame.format.name, frame.layout.name, frame.sample_rate, samples)
            end += Fraction(samples, frame.sample_rate)
        self._clock.end = end + length
        yield frame

    def _encode(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            frame.pts, frame.time_base = self._samples, Fraction(1, self._rate)
            self._samples += frame.samples
            self._output.mux(self._target.encode(frame))


def _without_beginning(frame: AudioFrame, samples: int) -> AudioFrame:
    """The frame from its sample ``samples`` on."""
    values = frame.to_ndarray()
    first = samples if frame.format.is_planar else samples * frame.layout.nb_channels
    rest: Any = np.ascontiguousarray(values[:, first:])
    cut = AudioFrame.from_ndarray(rest, format=frame.format.name, layout=frame.layout.name)
    cut.sample_rate = frame.sample_rate
    return cut


def _silence(sample_format: str, layout: str, rate: int, samples: int) -> AudioFrame:
    silence = AudioFrame(sample_format, layout, samples)
    level = b"\x80" if sample_format.startswith("u8") else b"\0"
    for plane in silence.planes:
        plane.update(level * plane.buffer_size)
    silence.sample_rate = rate
    return silence


def _take_over_names(source: AudioStream, target: AudioStream) -> None:
    for name in ("language", "title"):
        if name in source.metadata:
            target.metadata[name] = source.metadata[name]
    target.disposition = source.disposition
