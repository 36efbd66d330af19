"""The frames of a video file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np


def video_frames(path: str | Path) -> Iterator[np.ndarray]:
    """The frames of a video, uint8 RGB (H, W, 3).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no video frame that can be decoded.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"the video {str(path)!r} does not exist")
    capture = cv2.VideoCapture(str(path))
    try:
        is_read, picture = capture.read()
        if not is_read:
            raise ValueError(f"{path} holds no video frame that can be decoded")
        while is_read:
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            is_read, picture = capture.read()
    finally:
        capture.release()
