"""Sample a video and its alpha video, or a folder of pictures and their masks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..extract_background_kit.easyvolcap import paired_masks
from ..extract_background_kit.picture_files import folder_pictures, read_grey, read_picture
from ..extract_background_kit.stopping import ShouldStop, check_stop, never
from ..extract_background_kit.video import ColorMatrix, Frame, VideoInfo, VideoReader, count_frames
from .plate import Sampling
from .store import FrameStore

LEFT_TO_COUNT = 10
READING = "reading the frames"
ALL = Sampling()


def store_of_video(
    video: str | Path,
    alpha_video: str | Path | None = None,
    *,
    sampling: Sampling = ALL,
    color_matrix: ColorMatrix = "auto",
    should_stop: ShouldStop = never,
) -> FrameStore:
    """Sample a video, and its alpha video in step by index; the shorter one ends it.

    A difference of more than one frame is warned of: the pair drifts apart where one of them was
    made at another frame rate.

    Raises:
        FileNotFoundError, ValueError: A file is missing or unusable; the text names it.
        Stopped: ``should_stop`` returned True.
    """
    count = min(count_frames(path) for path in (video, alpha_video) if path)
    stride = sampling.stride_over(count)
    kept = min(sampling.max_frames, max(2, -(-count // stride)))
    store = FrameStore(kept, stride, sampling.memory_budget_mb)
    reader = VideoReader(VideoInfo.from_path(video), color_matrix=color_matrix)
    mattes = VideoReader(VideoInfo.from_path(alpha_video), is_grey=True) if alpha_video else None
    _fill(store, reader, mattes, should_stop)
    store.warnings += reader.warnings + (mattes.warnings if mattes else [])
    return store


def store_of_folder(
    folder: str | Path,
    masks_folder: str | Path | None = None,
    *,
    sampling: Sampling = ALL,
    should_stop: ShouldStop = never,
) -> FrameStore:
    """Sample a folder of pictures; masks are paired by name without suffix.

    Raises:
        FileNotFoundError: The folder holds no picture, or a picture has no mask.
        ValueError: A picture cannot be decoded, or has another size than the first.
        Stopped: ``should_stop`` returned True.
    """
    pictures = folder_pictures(folder)
    stride = sampling.stride_over(len(pictures))
    chosen = pictures[::stride]
    masks = paired_masks(chosen, masks_folder) if masks_folder else [None] * len(chosen)
    store = FrameStore(max(2, len(chosen)), 1, sampling.memory_budget_mb)
    for path, mask in zip(chosen, masks, strict=True):
        check_stop(should_stop, READING)
        matte = read_grey(mask) if mask else None
        try:
            store.add(read_picture(path), matte)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    store.offered, store.stride = len(pictures), stride
    return store


def _fill(
    store: FrameStore, reader: VideoReader, matte_reader: VideoReader | None, stop: ShouldStop
) -> None:
    frames, mattes = iter(reader), iter(matte_reader or ())
    for frame in frames:
        check_stop(stop, READING)
        matte = next(mattes, None)
        if matte_reader and matte is None:
            break
        store.add(frame.image, matte.image if matte else None)
    if matte_reader is None:
        return
    # The loop took one frame more than it could pair when the mattes ended first.
    frames_left = reader.frames_read - store.offered + _left(frames)
    mattes_left = _left(mattes)
    if max(frames_left, mattes_left) > 1:
        store.warn(
            f"{reader.info.path} and {matte_reader.info.path} differ in length: {store.offered} "
            f"frames were paired by index, {_many(frames_left)} frames and {_many(mattes_left)} "
            "mattes are left over; were they made at different frame rates?"
        )


def _left(frames: Iterator[Frame]) -> int:
    return sum(1 for _ in islice(frames, LEFT_TO_COUNT))


def _many(count: int) -> str:
    return f"at least {count}" if count >= LEFT_TO_COUNT else str(count)
