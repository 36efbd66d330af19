"""What the person is put before: one colour, a picture, or a video of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from plugin_kit.picture_files import SUFFIXES, read_picture
from plugin_kit.pictures import plain
from plugin_kit.video import VideoInfo, VideoReader

# What is behind the person at a time of the source, in seconds: uint8 RGB of the source's size.
NewBackground = Callable[[float], np.ndarray]


def open_background(text: str, width: int, height: int) -> NewBackground:
    """Read ``text`` as ``#RRGGBB``, as a picture's path or as a video's path.

    Raises:
        FileNotFoundError: It is neither a colour nor an existing file.
        ValueError: The file is neither a readable picture nor a readable video.
    """
    path = Path(text)
    if match := re.fullmatch(r"#([0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(match[1])
        still = plain((red, green, blue), height, width)
    elif not path.is_file():
        raise FileNotFoundError(
            f"the background {text!r} is neither an existing file nor a colour like #78FF9B"
        )
    elif path.suffix.lower() in SUFFIXES:
        still = cover(read_picture(path), width, height)
    else:
        return _moving(VideoInfo.from_path(path), width, height)
    return lambda seconds: still


def _moving(info: VideoInfo, width: int, height: int) -> NewBackground:
    """A video, shown at its own speed and started again at its end."""
    frames = _looped(info, width, height)
    current, following = next(frames), next(frames)

    def at(seconds: float) -> np.ndarray:
        nonlocal current, following
        while following[0] <= seconds:
            current, following = following, next(frames)
        return current[1]

    return at


def _looped(info: VideoInfo, width: int, height: int) -> Iterator[tuple[float, np.ndarray]]:
    start = 0.0
    while True:
        first, time = None, start
        for frame in VideoReader(info):
            first = frame.pts if first is None else first
            time = start + float((frame.pts - first) * info.time_base)
            yield time, cover(frame.image, width, height)
        start = time + float(1 / info.rate)


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
