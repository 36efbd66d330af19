"""Where a new sequence of frames begins; Ikomia's Python API does not say it."""

from __future__ import annotations

from typing import Any

from ikomia import dataprocess


class SequenceWatch:
    """Tell whether a frame goes on from the one before.

    ``video`` goes on while the file and the size stay and the position grows, ``image`` never,
    ``stream`` always (until the size changes); ``auto`` is ``video`` for videos and ``image``
    for anything else.
    """

    def __init__(self) -> None:
        self._last: tuple[str, tuple[int, ...], int] | None = None

    def is_new(self, connected: Any, shape: tuple[int, ...], sequence: str) -> bool:
        """Whether the frame in the input ``connected`` begins a new sequence."""
        is_video = isinstance(connected, dataprocess.CVideoIO)
        rule = ("video" if is_video else "image") if sequence == "auto" else sequence
        if rule == "image":
            return True
        path = connected.source_file_path if is_video else ""
        position = connected.get_current_pos() if is_video and rule == "video" else -1
        last, self._last = self._last, (path, shape, position)
        if last is None or last[1] != shape:
            return True
        return rule == "video" and is_video and (last[0] != path or position <= last[2])
