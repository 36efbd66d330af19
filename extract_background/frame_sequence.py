"""Where a clip begins and ends among the frames that a workflow hands over one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from ikomia import dataprocess

PROBE = 16


class FrameSequence:
    """Count a clip's frames; Ikomia's Python API tells neither its beginning nor its end.

    A clip goes on while file and size stay and the position grows. Headers that promise too many
    frames make Ikomia's reader repeat the last one at a position that stands still: such frames
    are counted, so that the clip has an end, but are no frames of it.

    Attributes:
        expected: How many frames the header promises, 0 where it does not say.
        calls: How many were handed over.
        repeated: How many of them only repeated the one before.
    """

    def __init__(self) -> None:
        self._last: tuple[str, tuple[int, ...], int, bytes] | None = None
        self.expected = self.calls = self.repeated = 0
        self.begins = self.is_repeated = False

    def follow(self, connected: Any, frame: np.ndarray) -> None:
        """Take note of the next frame (H, W, C), and set ``begins`` and ``is_repeated`` for it."""
        is_video = isinstance(connected, dataprocess.CVideoIO)
        path = connected.source_file_path if is_video else ""
        position = connected.get_current_pos() if is_video else 0
        probe = np.ascontiguousarray(frame[::PROBE, ::PROBE]).tobytes()
        last, self._last = self._last, (path, frame.shape, position, probe)
        self.begins = last is None or last[:2] != (path, frame.shape)
        self.is_repeated = False
        if not self.begins and is_video:
            stands = position == last[2] and probe == last[3] and not self.is_complete
            self.begins = position < last[2] or (position == last[2] and not stands)
            self.is_repeated = stands
        if self.begins:
            self.calls = self.repeated = 0
            self.expected = max(0, connected.get_video_frame_count()) if is_video else 0
        self.calls += 1
        self.repeated += self.is_repeated

    @property
    def is_complete(self) -> bool:
        """Whether the promised last frame was handed over."""
        return 0 < self.expected <= self.calls
