"""Frames and mattes from videos, by PyAV: right colours, true counts, upright pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace

from .store import FrameStore
from .tiling import check

logger = logging.getLogger(__name__)

HD_LINES = 720
# The default conversion loses one to two levels on average; this one keeps the mean.
# libswscale's flags stand as numbers, because PyAV before 18 names only the first.
BILINEAR, FULL_CHR_H_INT, FULL_CHR_H_INP, ACCURATE_RND = 0x2, 0x2000, 0x4000, 0x40000
EXACT_COLOURS = BILINEAR | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND
# PyAV 19 keeps metadata that is no UTF-8 by itself, and has no such option any more.
OPENING = {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}
MATRICES = {"601": Colorspace.ITU601, "709": Colorspace.ITU709}
UNTAGGED = 2
LEFT_TO_COUNT = 10


class FrameReader:
    """Decode a video; count while doing so, because headers lie.

    Attributes:
        count: Frames decoded so far.
        warnings: What was odd: a wrong promise of the header, a file that breaks off.
    """

    def __init__(self, path: str | Path) -> None:
        """Raise FileNotFoundError if there is no such file."""
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"the video {self.path} does not exist or is not a file")
        self.count = 0
        self.warnings: list[str] = []

    def pictures(self, convert: Callable[[av.VideoFrame], np.ndarray]) -> Iterator[np.ndarray]:
        """Yield ``convert`` of each frame, turned as the container asks.

        Raises:
            ValueError: The file holds no video that can be decoded.
        """
        try:
            with av.open(str(self.path), **OPENING) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                for frame in self._decoded(container, stream):
                    self.count += 1
                    yield _upright(convert(frame), frame)
                promised = stream.frames
        except (av.error.FFmpegError, IndexError) as error:
            if self.count == 0:
                raise ValueError(f"{self.path} cannot be decoded as a video: {error}") from error
            self._warn(f"{self.path} breaks off after {self.count} frames: {error}")
            return
        if self.count == 0:
            raise ValueError(f"{self.path} holds no frame")
        if promised and abs(promised - self.count) > 1:
            self._warn(
                f"{self.path}: the header promises {promised} frames, {self.count} were decoded"
            )

    def _decoded(
        self, container: av.container.InputContainer, stream: av.VideoStream
    ) -> Iterator[av.VideoFrame]:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.InvalidDataError as error:
                self._warn(f"{self.path}: damaged data was skipped ({error})")

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def video_frames(path: str | Path, color_matrix: str = "auto") -> Iterator[np.ndarray]:
    """Yield the frames of a video as uint8 RGB (H, W, 3).

    Args:
        color_matrix: 601, 709, or auto: the file's tag, else 709 from 720 lines up.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no video that can be decoded.
    """
    return FrameReader(path).pictures(rgb_by(color_matrix))


def rgb_by(color_matrix: str) -> Callable[[av.VideoFrame], np.ndarray]:
    """How to turn a decoded frame into uint8 RGB (H, W, 3)."""

    def convert(frame: av.VideoFrame) -> np.ndarray:
        matrix = MATRICES.get(color_matrix)
        if matrix is None and frame.colorspace == UNTAGGED:
            matrix = MATRICES["709" if frame.height >= HD_LINES else "601"]
        return frame.reformat(
            format="rgb24", src_colorspace=matrix, interpolation=EXACT_COLOURS
        ).to_ndarray()

    return convert


def luma(frame: av.VideoFrame) -> np.ndarray:
    """The brightness of a decoded frame in full range, uint8 (H, W)."""
    return frame.reformat(format="gray").to_ndarray()


def count_frames(path: str | Path) -> int:
    """Count the video packets of a file, without decoding; about its number of frames.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It cannot be read as a video.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"the video {path} does not exist or is not a file")
    try:
        with av.open(str(path), **OPENING) as container:
            return sum(1 for packet in container.demux(video=0) if packet.size)
    except (av.error.FFmpegError, IndexError) as error:
        raise ValueError(f"{path} cannot be decoded as a video: {error}") from error


def stride_for(count: int, max_frames: int, stride: int) -> int:
    """The stride that spreads at most ``max_frames`` over ``count`` frames."""
    return max(stride, -(-count // max_frames))


def store_of_video(
    video: str | Path,
    alpha_video: str | Path | None = None,
    *,
    max_frames: int = 200,
    stride: int = 1,
    memory_budget_mb: int = 1024,
    color_matrix: str = "auto",
    should_stop: Callable[[], bool] = lambda: False,
) -> FrameStore:
    """Sample a video, and its alpha video in step by index; the shorter one ends it.

    A difference of more than one frame is warned of: the pair drifts apart where one of them was
    made at another frame rate.

    Raises:
        FileNotFoundError, ValueError: A file is missing or unusable; the text names it.
        InterruptedError: ``should_stop`` returned True.
    """
    count = count_frames(video)
    if alpha_video:
        count = min(count, count_frames(alpha_video))
    every = stride_for(count, max_frames, stride)
    kept = min(max_frames, max(2, -(-count // every)))
    store = FrameStore(kept, every, memory_budget_mb)
    reader = FrameReader(video)
    mattes = FrameReader(alpha_video) if alpha_video else None
    _fill(store, reader, rgb_by(color_matrix), mattes, should_stop)
    store.warnings += reader.warnings + (mattes.warnings if mattes else [])
    return store


def _fill(
    store: FrameStore,
    reader: FrameReader,
    convert: Callable[[av.VideoFrame], np.ndarray],
    matte_reader: FrameReader | None,
    should_stop: Callable[[], bool],
) -> None:
    frames = reader.pictures(convert)
    mattes = matte_reader.pictures(luma) if matte_reader else None
    for frame in frames:
        check(should_stop)
        matte = next(mattes, None) if mattes else None
        if mattes and matte is None:
            break
        try:
            store.add(frame, matte)
        except ValueError as error:
            raise ValueError(f"{reader.path}: {error}") from error
    if mattes is None:
        return
    # The loop took one frame more than it could pair when the mattes ended first.
    frames_left = reader.count - store.offered + sum(1 for _ in islice(frames, LEFT_TO_COUNT))
    mattes_left = sum(1 for _ in islice(mattes, LEFT_TO_COUNT))
    if max(frames_left, mattes_left) > 1:
        store.warnings.append(
            f"{reader.path} and {matte_reader.path} differ in length: {store.offered} frames were "
            f"paired by index, {_many(frames_left)} frames and {_many(mattes_left)} mattes are "
            "left over; were they made at different frame rates?"
        )


def _many(count: int) -> str:
    return f"at least {count}" if count >= LEFT_TO_COUNT else str(count)


def _upright(image: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    turns = (round(frame.rotation) % 360) // 90
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
