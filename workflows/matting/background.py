"""What the person is put before: a colour, a picture, a video, or the source, blurred."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from plugin_kit.picture_files import SUFFIXES, read_picture
from plugin_kit.pictures import plain
from plugin_kit.video import VideoInfo, VideoReader

BLUR = re.compile(r"blur(?::(\d+(?:\.\d+)?))?")
# Of the shorter side, where no radius is given.
USUAL_BLUR = 0.025
# A Gaussian of so many pixels is made; larger ones of a smaller picture.
LARGEST_BLUR = 8.0
# What the person counts beside the background.
LEAST_SHARE = np.float32(0.01)


class NewBackground(Protocol):
    """What is behind the person in each frame."""

    def __call__(
        self, seconds: float, frame: np.ndarray, alpha: np.ndarray | None = None
    ) -> np.ndarray:
        """uint8 RGB (H, W, 3).

        Args:
            seconds: A time of the source.
            frame: Its frame at that time, uint8 RGB (H, W, 3).
            alpha: Where the person is, float32 (H, W) in 0..1, if that is known: what is blurred
                then leaves the person out, who would shine beyond the outline.
        """
        ...


def open_background(text: str, source: VideoInfo) -> NewBackground:
    """Read ``text`` as ``#RRGGBB``, ``blur[:radius]``, or a picture's or video's path.

    What it is fills the pictures of ``source``. A radius is the standard deviation of a Gaussian,
    in pixels.

    Raises:
        FileNotFoundError: It is neither a colour nor an existing file.
        ValueError: The file is neither a readable picture nor a readable video.
    """
    path = Path(text)
    if match := re.fullmatch(r"#([0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(match[1])
        still = plain((red, green, blue), source.height, source.width)
    elif match := BLUR.fullmatch(text):
        usual = USUAL_BLUR * min(source.width, source.height)
        radius = float(match[1]) if match[1] else usual
        if radius <= 0:
            raise ValueError(f"the background {text!r} blurs nothing: give a radius above 0")
        return lambda seconds, frame, alpha=None: blurred(frame, radius, alpha)
    elif not path.is_file():
        raise FileNotFoundError(
            f"the background {text!r} is neither an existing file, nor a colour like #78FF9B, nor "
            "blur or blur:RADIUS"
        )
    elif path.suffix.lower() in SUFFIXES:
        still = covering(read_picture(path), source)
    else:
        return _moving(VideoInfo.from_path(path), source)
    return lambda seconds, frame, alpha=None: still


def blurred(image: np.ndarray, radius: float, alpha: np.ndarray | None = None) -> np.ndarray:
    """The picture, uint8 (H, W, 3), under a Gaussian whose standard deviation is ``radius`` pixels.

    A wide one is made of a smaller picture, which looks the same in a fraction of the time.

    Args:
        image: uint8 (H, W, 3).
        radius: In pixels, above 0.
        alpha: float32 (H, W); each pixel counts by what it leaves (a normalised convolution,
            Knutsson and Westin, 1993).
    """
    shrinking = max(1.0, radius / LARGEST_BLUR)
    height, width = image.shape[:2]
    size = (max(1, round(width / shrinking)), max(1, round(height / shrinking)))

    def soft(picture: np.ndarray) -> np.ndarray:
        border = cv2.BORDER_REPLICATE
        return cv2.GaussianBlur(picture, (0, 0), radius / shrinking, borderType=border)

    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if alpha is None:
        blur = soft(small)
    else:
        # Deep inside the person, where nothing else is near, the person stands in.
        shares = 1 + LEAST_SHARE - cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        total = soft(small * shares[..., None]) / soft(shares)[..., None]
        blur = np.rint(total).astype(np.uint8)
    return cv2.resize(blur, (width, height), interpolation=cv2.INTER_LINEAR)


def _moving(info: VideoInfo, source: VideoInfo) -> NewBackground:
    """A video, shown at its own speed and started again at its end."""
    frames = _looped(info, source)
    current, following = next(frames), next(frames)

    def at(seconds: float, frame: np.ndarray, alpha: np.ndarray | None = None) -> np.ndarray:
        nonlocal current, following
        while following[0] <= seconds:
            current, following = following, next(frames)
        return current[1]

    return at


def _looped(info: VideoInfo, source: VideoInfo) -> Iterator[tuple[float, np.ndarray]]:
    start = 0.0
    while True:
        first, end = None, start
        for frame in VideoReader(info):
            first = frame.pts if first is None else first
            time = start + float((frame.pts - first) * info.time_base)
            end = time + float(frame.duration * info.time_base)
            yield time, covering(frame.image, source, info.pixel_aspect)
        start = end


def covering(
    image: np.ndarray, source: VideoInfo, pixel_aspect: Fraction = Fraction(1)
) -> np.ndarray:
    """Scale ``image`` so that it fills the pictures of ``source``, and cut what stands over.

    Args:
        image: uint8 RGB (H, W, 3).
        source: Whose pixels may be no squares.
        pixel_aspect: Width over height of one pixel of ``image``.
    """
    width, height = source.width, source.height
    shown_height, shown_width = image.shape[0], image.shape[1] * pixel_aspect / source.pixel_aspect
    if (image.shape[1], shown_width, shown_height) == (width, width, height):
        return image
    scale = max(width / shown_width, height / shown_height)
    size = (max(width, round(shown_width * scale)), max(height, round(shown_height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(image, size, interpolation=method)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(large[y : y + height, x : x + width])
