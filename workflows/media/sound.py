"""Sound that goes along with a written video: as it was where that can be, else encoded anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError

from plugin_kit.video import open_video

logger = logging.getLogger(__name__)

# What common players play, by the file's ending; where none are named, all that it can hold.
PLAYED = {
    ".mp4": {"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"},
    ".mov": {"aac", "ac3", "alac", "eac3", "mp3", "pcm_s16be", "pcm_s16le", "pcm_s24le"},
    ".webm": {"opus", "vorbis"},
}
FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
TRIED_PACKETS = 100
# Sound may begin so long before the picture, as encoders need it; what is earlier is left out.
PRIMING = Fraction(1, 10)
# A clock that falls back so far, or is so far ahead, is another recording's, or a silence.
SECONDS_BACK = Fraction(1, 2)
SECONDS_OF_GAP = Fraction(1, 20)
# From here on it is worth seeking.
SECONDS_TO_SEEK = 2


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


@dataclass(frozen=True)
class Sound:
    """The sound of a file that goes along with a video.

    Attributes:
        path: The file.
        start: The time in it, in seconds, that is the video's beginning.
        length: After so many seconds it ends; None: with the file.
        copied, encoded: Which of its streams are passed on as they are, and which anew.
        warnings: Of those that are left out.
    """

    path: Path
    start: Fraction
    copied: tuple[int, ...] = ()
    encoded: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    length: Fraction | None = None

    @classmethod
    def of(
        cls,
        path: Path,
        suffix: str,
        start: Fraction = Fraction(0),
        length: Fraction | None = None,
    ) -> Sound:
        """What of the sound of ``path`` can go along in a file with this ending.

        The first packets of each track are tried; what cannot be decoded is left out.
        """
        copied, encoded, warnings = [], [], []
        with open_video(path) as container:
            names = {s.index: _name(s, n) for n, s in enumerate(container.streams.audio, 1)}
        for index, name in names.items():
            if _can_be_copied(path, index, suffix):
                copied.append(index)
            elif _can_be_decoded(path, index):
                encoded.append(index)
            else:
                warnings.append(f"{path}: {name} cannot be decoded and is left out")
        return cls(path, start, tuple(copied), tuple(encoded), tuple(warnings), length)


def _name(stream: AudioStream, number: int) -> str:
    """For messages: the number, language, title and kind of a sound track."""
    known = stream.codec_context.name if stream.codec_context else "of an unknown kind"
    details = (stream.metadata.get("language"), stream.metadata.get("title"), known)
    return f"sound track {number} ({', '.join(d for d in details if d and d != 'und')})"


def _can_be_copied(path: Path, index: int, suffix: str) -> bool:
    with open_video(path) as source:
        stream = source.streams[index]
        if not stream.codec_context or not stream.codec_context.sample_rate:
            return False
        if stream.codec_context.name not in PLAYED.get(suffix, {stream.codec_context.name}):
            return False
        try:
            with av.open(_Nowhere(), "w", format=FORMATS[suffix]) as trial:
                copied = _Copied(stream, trial, Fraction(0))
                for packet in islice(source.demux(stream), TRIED_PACKETS):
                    copied.take(packet)
        except (FFmpegError, ValueError):
            return False
        return copied.has_sound


def _can_be_decoded(path: Path, index: int) -> bool:
    with open_video(path) as source:
        stream = source.streams[index]
        if not stream.codec_context:
            return False
        # Where little sound is there, a decoder may give nothing and yet be no reason to complain.
        results = [_decoded(packet) for packet in islice(source.demux(stream), TRIED_PACKETS)]
        return any(results) or None not in results


def _decoded(packet: av.Packet) -> list[AudioFrame] | None:
    """What a packet holds; None where it is damaged."""
    try:
        return cast("list[AudioFrame]", packet.decode())
    except FFmpegError:
        return None


class _Nowhere:
    """A file that keeps nothing."""

    def __init__(self) -> None:
        self._at = 0

    def write(self, data: bytes) -> int:
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at


class PassedSound:
    """Pass sound of another file on, interleaved with the video that is written.

    Attributes:
        warnings: Of what turned out to be damaged.
    """

    def __init__(self, sound: Sound, output: OutputContainer) -> None:
        self.warnings: list[str] = []
        self._path = sound.path
        self._source = open_video(sound.path)
        indices = sorted((*sound.copied, *sound.encoded))
        streams = [cast(AudioStream, self._source.streams[index]) for index in indices]
        self._ways: dict[int, _Copied | _Encoded] = {
            s.index: (_Copied if s.index in sound.copied else _Encoded)(
                s, output, sound.start, sound.length
            )
            for s in streams
        }
        if sound.start > SECONDS_TO_SEEK:
            self._forgive(self._source.seek, int((sound.start - 1) * av.time_base))
        self._packets = self._source.demux(*streams) if streams else iter(())
        self._next = self._following()

    def mux_until(self, seconds: Fraction | None) -> None:
        """Write the packets up to a time of the output, or all that are left and the end."""
        while (packet := self._next) is not None:
            way = self._ways[packet.stream.index]
            if seconds is not None and way.seconds > seconds:
                return
            self._forgive(way.take, packet)
            self._next = self._following()
            if all(way.is_over for way in self._ways.values()):
                self._next = None
        if seconds is None:
            for way in self._ways.values():
                self._forgive(way.finish)
            self._source.close()

    def _following(self) -> av.Packet | None:
        return self._forgive(next, self._packets, None)

    def _forgive(self, work: Any, *arguments: Any) -> Any:
        """Do it; but sound that turns out to be damaged must not cost the picture its work."""
        try:
            return work(*arguments)
        except OSError:
            raise
        except (FFmpegError, ValueError) as error:
            text = f"{self._path}: damaged sound is left out ({error})"
            if text not in self.warnings:
                logger.warning(text)
                self.warnings.append(text)
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


class _Copied:
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


class _Encoded:
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
        for frame in _decoded(packet) or ():
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
