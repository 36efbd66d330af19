"""Timestamps that grow, out of those that a file has."""

from __future__ import annotations

from av.video.frame import VideoFrame


class Timeline:
    """The timestamps of a stream's frames, in order.

    Presentation times count as long as they break their order no more often than decoding times
    do (FFmpeg's "best effort"). Where a time is missing or does not grow, it is one frame after
    the one before.

    Args:
        step: The duration of a frame in ticks of the stream's time base, at least 1.
    """

    def __init__(self, step: int) -> None:
        self._step = step
        self._last: int | None = None
        self._presented, self._decoded = _Order(), _Order()

    def time_of(self, frame: VideoFrame) -> int:
        """The timestamp of the frame that comes next."""
        self._presented.take(frame.pts)
        self._decoded.take(frame.dts)
        is_trusted = self._presented.faults <= self._decoded.faults
        time = frame.pts if is_trusted or frame.dts is None else frame.dts
        if self._last is None:
            time = 0 if time is None else time
        elif time is None or time <= self._last:
            time = self._last + self._step
        self._last = time
        return time


class _Order:
    """How often times did not grow."""

    def __init__(self) -> None:
        self.faults = 0
        self._last: int | None = None

    def take(self, time: int | None) -> None:
        if time is None or (self._last is not None and time <= self._last):
            self.faults += 1
        if time is not None:
            self._last = time
