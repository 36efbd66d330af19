"""Sound that goes along with a written video: as it was where that can be, else encoded anew."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError

from plugin_kit.video import open_video
from workflows.media.sound_tracks import CopiedTrack, EncodedTrack, decoded

logger = logging.getLogger(__name__)

# What common players play, by the file's ending; where none are named, all that it can hold.
PLAYED = {
    ".mp4": {"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"},
    ".mov": {"aac", "ac3", "alac", "eac3", "mp3", "pcm_s16be", "pcm_s16le", "pcm_s24le"},
    ".webm": {"opus", "vorbis"},
}
FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
TRIED_PACKETS = 100
# From here on it is worth seeking.
SECONDS_TO_SEEK = 2


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
            elif _can_bedecoded(path, index):
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
                copied = CopiedTrack(stream, trial, Fraction(0))
                for packet in islice(source.demux(stream), TRIED_PACKETS):
                    copied.take(packet)
        except (FFmpegError, ValueError):
            return False
        return copied.has_sound


def _can_bedecoded(path: Path, index: int) -> bool:
    with open_video(path) as source:
        stream = source.streams[index]
        if not stream.codec_context:
            return False
        # Where little sound is there, a decoder may give nothing and yet be no reason to complain.
        results = [decoded(packet) for packet in islice(source.demux(stream), TRIED_PACKETS)]
        return any(results) or None not in results


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
        self._ways: dict[int, CopiedTrack | EncodedTrack] = {
            s.index: (CopiedTrack if s.index in sound.copied else EncodedTrack)(
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
