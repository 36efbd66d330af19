"""A video and the video of its mattes, read side by side: both neighbours are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from .flow_matting_engine.flow import DenseFlow
from .flow_matting_engine.pictures import as_matte
from .flow_matting_engine.refining import Refined, refine_clip

# Mean grey levels by which a frame that Ikomia read may differ from the same one read here.
SAME_FRAME = 3.0


def pictures_of(path: str | Path) -> Iterator[np.ndarray]:
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


class RefinedFiles:
    """The refined mattes of a video file, in order.

    Args:
        source: The video.
        mattes: The video of its coarse mattes, of as many frames.
        flow, cut_threshold: As for ``FlowRefiner``.

    Attributes:
        first_matte: The first coarse matte, float32 (H, W), once a result was asked for.
    """

    def __init__(self, source: str, mattes: str, flow: DenseFlow, cut_threshold: float) -> None:
        self._names, self._counts = (source, mattes), [0, 0]
        self._results = refine_clip(
            self._frames(), self._mattes(), flow=flow, cut_threshold=cut_threshold
        )
        self._last: Refined | None = None
        self.first_matte: np.ndarray | None = None
        self._size = (0, 0)

    def advance(self, steps: int = 1) -> Refined:
        """The result ``steps`` frames on; the last one again where the video has ended.

        Headers may promise more frames than a file holds; Ikomia repeats the last one then.

        Raises:
            ValueError: The mattes end before the video does.
        """
        for _ in range(steps):
            result = next(self._results, None)
            if result is None:
                break
            self._last = result
        if self._last is None:
            raise ValueError(f"{self._names[0]} holds no frame")
        return self._last

    def close(self) -> None:
        """Let go of the files."""
        self._results.close()

    def _frames(self) -> Iterator[np.ndarray]:
        for picture in pictures_of(self._names[0]):
            self._counts[0] += 1
            self._size = picture.shape[:2]
            yield picture

    def _mattes(self) -> Iterator[np.ndarray]:
        for picture in pictures_of(self._names[1]):
            # zip asked for a frame first: none came, and a matte is left over.
            if self._counts[1] == self._counts[0]:
                return
            self._counts[1] += 1
            matte = as_matte(picture, *self._size)
            if self.first_matte is None:
                self.first_matte = matte
            yield matte
        if self._counts[0] > self._counts[1]:
            raise ValueError(
                f"the mattes {self._names[1]} end after {self._counts[1]} frames, but the video "
                f"{self._names[0]} goes on"
            )


def is_same(one: np.ndarray, other: np.ndarray, tolerance: float = SAME_FRAME) -> bool:
    """Whether two arrays are one picture but for how their file was decoded."""
    return one.shape == other.shape and float(cv2.absdiff(one, other).mean()) <= tolerance
