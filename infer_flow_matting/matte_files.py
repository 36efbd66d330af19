"""A video and the video of its mattes, read side by side: both neighbours are at hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .flow_matting_engine.refining import RefinedMatte, refine_clip
from .infer_flow_matting_kit.flow.dense_flow import DenseFlow
from .infer_flow_matting_kit.pictures import as_alpha
from .infer_flow_matting_kit.video import ColorMatrix, VideoInfo, VideoReader

# Mean grey levels by which a frame that Ikomia read may differ from the same one read here.
SAME_FRAME = 3.0


@dataclass(frozen=True)
class SourceFiles:
    """Where a frame and its coarse matte come from; empty where from no file.

    ``are_shown``: whether the mattes should also be what input 1 shows.
    """

    source: str = ""
    mattes: str = ""
    are_shown: bool = False


class RefinedFiles:
    """The refined mattes of a video file, in order.

    Args:
        files: The video, and the video of its coarse mattes, of as many frames.
        flow, cut_threshold: As for ``FlowRefiner``.
        color_matrix: By which the video's colours are read.

    Attributes:
        first_matte: The first coarse matte, float32 (H, W), once a result was asked for.
    """

    def __init__(
        self,
        files: SourceFiles,
        flow: DenseFlow,
        cut_threshold: float,
        *,
        color_matrix: ColorMatrix = "auto",
    ) -> None:
        self._files = files
        self._color_matrix: ColorMatrix = color_matrix
        self._frame_count = self._matte_count = 0
        self._results = refine_clip(
            self._frames(), self._mattes(), flow=flow, cut_threshold=cut_threshold
        )
        self._last: RefinedMatte | None = None
        self.first_matte: np.ndarray | None = None
        self._size = (0, 0)

    def advance(self, steps: int = 1) -> RefinedMatte:
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
            raise ValueError(f"{self._files.source} holds no frame")
        return self._last

    def close(self) -> None:
        """Let go of the files."""
        self._results.close()

    def _frames(self) -> Iterator[np.ndarray]:
        info = VideoInfo.from_path(self._files.source)
        self._size = (info.height, info.width)
        for frame in VideoReader(info, color_matrix=self._color_matrix):
            self._frame_count += 1
            yield frame.image

    def _mattes(self) -> Iterator[np.ndarray]:
        for frame in VideoReader(VideoInfo.from_path(self._files.mattes), is_grey=True):
            # zip asked for a frame first: none came, and a matte is left over.
            if self._matte_count == self._frame_count:
                return
            self._matte_count += 1
            matte = as_alpha(frame.image, *self._size)
            if self.first_matte is None:
                self.first_matte = matte
            yield matte
        if self._frame_count > self._matte_count:
            raise ValueError(
                f"the mattes {self._files.mattes} end after {self._matte_count} frames, but the "
                f"video {self._files.source} goes on"
            )


def is_same(one: np.ndarray, other: np.ndarray, tolerance: float = SAME_FRAME) -> bool:
    """Whether two arrays are one picture but for how their file was decoded."""
    return one.shape == other.shape and float(cv2.absdiff(one, other).mean()) <= tolerance
