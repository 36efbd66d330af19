"""Where a new sequence of frames begins and ends; Ikomia's Python API does not say it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ikomia import dataprocess

PROBE = 16


@dataclass(frozen=True)
class _Shown:
    """What tells one frame from the next."""

    is_video: bool
    shape: tuple[int, ...]
    path: str
    position: int
    probe: bytes


class SequenceWatch:
    """Tell how a frame goes on from the one before, and count the frames.

    ``video`` goes on while the file and the size stay and the position grows, ``image`` never,
    ``stream`` always (until the size changes); ``auto`` is ``video`` for videos and ``image``
    for anything else. A sequence begins where the rule changes. Where a header promises too many
    frames, Ikomia's reader repeats the last one at a position that stands still: that is no
    beginning.

    Attributes:
        steps: How many frames the position went on; 0 where one was repeated.
        expected: How many frames the video's header promises, 0 where it does not say.
        calls: How many were handed over since the sequence began.
        repeated: How many of them only repeated the one before.
    """

    def __init__(self) -> None:
        self._last: _Shown | None = None
        self.steps = 1
        self.expected = self.calls = self.repeated = 0

    def is_new(self, connected: Any, frame: np.ndarray, sequence: str) -> bool:
        """Whether ``frame`` (H, W, C), shown by the input ``connected``, begins a sequence."""
        begins = self._begins(connected, frame, sequence)
        if begins:
            is_video = isinstance(connected, dataprocess.CVideoIO)
            self.expected = max(0, connected.get_video_frame_count()) if is_video else 0
            self.calls = self.repeated = 0
        self.calls += 1
        self.repeated += self.steps == 0
        return begins

    @property
    def is_complete(self) -> bool:
        """Whether the promised last frame was handed over."""
        return 0 < self.expected <= self.calls

    def _begins(self, connected: Any, frame: np.ndarray, sequence: str) -> bool:
        is_video = isinstance(connected, dataprocess.CVideoIO)
        rule = ("video" if is_video else "image") if sequence == "auto" else sequence
        has_position = is_video and rule == "video"
        now = _Shown(
            is_video=is_video,
            shape=frame.shape,
            path=connected.source_file_path if is_video else "",
            position=connected.get_current_pos() if has_position else -1,
            probe=np.ascontiguousarray(frame[::PROBE, ::PROBE]).tobytes(),
        )
        last, self._last = self._last, now
        self.steps = 1
        if (
            rule == "image"
            or last is None
            or (last.is_video, last.shape) != (is_video, frame.shape)
        ):
            return True
        if not has_position:
            return False
        if last.path != now.path or now.position < last.position:
            return True
        stands = now.position == last.position and now.probe == last.probe
        if stands and not self.is_complete:
            self.steps = 0
            return False
        self.steps = max(1, now.position - last.position)
        return now.position == last.position
