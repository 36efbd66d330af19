"""What the person is put before: one colour, a picture, or a video of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from plugin_kit.picture_files import SUFFIXES, read_picture
from plugin_kit.pictures import plain
from plugin_kit.video import VideoInfo, VideoReader


class NewBackground(Protocol):
    """Gives the picture to put behind the person at a time of the source video."""

    def at(self, seconds: float) -> np.ndarray:
        """Return uint8 RGB (H, W, 3) of the source's size for the time ``seconds``."""
        ...


class Still:
    """One picture for the whole video."""

    def __init__(self, image: np.ndarray) -> None:
        self._image = image

    def at(self, seconds: float) -> np.ndarray:
        return self._image


class Moving:
    """A video, shown at its own speed and started again at its end."""

    def __init__(self, info: VideoInfo, width: int, height: int) -> None:
        self._info = info
        self._size = (width, height)
        self._loop_start = 0.0
        self._frames = self._timed()
        self._current = next(self._frames)
        self._next = next(self._frames)

    def at(self, seconds: float) -> np.ndarray:
        while self._next[0] <= seconds:
            self._current, self._next = self._next, next(self._frames)
        return self._current[1]

    def _timed(self) -> Iterator[tuple[float, np.ndarray]]:
        period = float(1 / self._info.rate)
        while True:
            first = None
            time = self._loop_start
            for frame in VideoReader(self._info):
                first = frame.pts if first is None else first
                time = self._loop_start + float((frame.pts - first) * self._info.time_base)
                yield time, cover(frame.image, *self._size)
            self._loop_start = time + period


def open_background(text: str, width: int, height: int) -> NewBackground:
    """Read ``text`` as ``#RRGGBB``, as a picture's path or as a video's path.

    Raises:
        FileNotFoundError: It is neither a colour nor an existing file.
        ValueError: The file is neither a readable picture nor a readable video.
    """
    if match := re.fullmatch(r"#([0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(match[1])
        return Still(plain((red, green, blue), height, width))
    path = Path(text)
    if not path.is_file():
        raise FileNotFoundError(
            f"the background {text!r} is neither an existing file nor a colour like #78FF9B"
        )
    if path.suffix.lower() in SUFFIXES:
        return Still(cover(read_picture(path), width, height))
    return Moving(VideoInfo.from_path(path), width, height)


def cover(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Scale ``image`` so that it fills ``width`` x ``height``, and cut what stands over."""
    source_height, source_width = image.shape[:2]
    if (source_width, source_height) == (width, height):
        return image
    scale = max(width / source_width, height / source_height)
    size = (max(width, round(source_width * scale)), max(height, round(source_height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(image, size, interpolation=method)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(large[y : y + height, x : x + width])
