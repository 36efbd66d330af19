"""Frames of the cameras' videos at the moments of a motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from plugin_kit.video import VideoInfo, VideoReader


class Shot(NamedTuple):
    """A video's picture, uint8 RGB (H, W, 3), and the frame of the motion that it belongs to."""

    moment: int
    image: np.ndarray


@dataclass(frozen=True)
class Footage:
    """A camera's video, and how its frames belong to those of a motion.

    Attributes:
        path: The file.
        fps: Frames a second of the motion, where the video's frames are found by their time; None
            where they are counted.
        begin: How many frames of the motion's rate it has before the motion's first.
    """

    path: Path
    fps: float | None = None
    begin: int = 0

    def pictures(self, moments: range) -> Iterator[np.ndarray | None]:
        """Its picture at each of ``moments``, frames of the motion: uint8 RGB (H, W, 3).

        Where it has none at a moment, the last one before stands still; None before the first and
        after the end.
        """
        shots = self._shots()
        last, coming = None, next(shots, None)
        for moment in moments:
            while coming is not None and coming.moment <= moment:
                last, coming = coming, next(shots, None)
            has_ended = coming is None and last is not None and last.moment < moment
            yield None if last is None or has_ended else last.image

    def _shots(self) -> Iterator[Shot]:
        info = VideoInfo.from_path(self.path)
        first: float | None = None
        for index, frame in enumerate(VideoReader(info)):
            if self.fps is None:
                yield Shot(index - self.begin, frame.image)
                continue
            seconds = float(frame.pts * info.time_base)
            first = seconds if first is None else first
            yield Shot(round((seconds - first) * self.fps) - self.begin, frame.image)
