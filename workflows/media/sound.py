"""Sound that goes along with a written video, as it was or encoded anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError

from plugin_kit.video import open_video


class PassedSound:
    """Pass the sound of another file on, packet by packet, interleaved with the video."""

    def __init__(self, path: Path, output: OutputContainer) -> None:
        self._source = open_video(path)
        self._output = output
        self._targets: dict[int, tuple[Any, bool]] = {}
        for stream in self._source.streams.audio:
            if stream.codec_context.name in output.supported_codecs:
                self._targets[stream.index] = (output.add_stream_from_template(stream), False)
            else:
                rate = stream.codec_context.sample_rate
                target = cast(AudioStream, output.add_stream("aac", rate=rate))
                target.layout = stream.codec_context.layout
                self._targets[stream.index] = (target, True)
        self._packets = self._source.demux(*self._source.streams.audio)
        self._next = next(self._packets, None)

    def mux_until(self, seconds: Fraction | None) -> None:
        """Write the packets up to a time of the video, or all that are left and the end."""
        while self._next is not None:
            packet = self._next
            if packet.dts is not None and packet.time_base is not None:
                begins = packet.dts * packet.time_base
                if seconds is not None and begins > seconds:
                    return
            self._mux(packet)
            try:
                self._next = next(self._packets, None)
            except FFmpegError:
                self._next = None
        if seconds is None:
            for target, encode in self._targets.values():
                if encode:
                    self._output.mux(target.encode(None))
            self._source.close()

    def _mux(self, packet: av.Packet) -> None:
        target, encode = self._targets[packet.stream.index]
        if encode:
            for frame in packet.decode():
                self._output.mux(target.encode(frame))
        elif packet.dts is not None:
            packet.stream = target
            self._output.mux(packet)
