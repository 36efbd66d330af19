"""Frames and mattes from files: videos by PyAV, folders of pictures in natural order."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from .store import FrameStore

logger = logging.getLogger(__name__)

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
HD_LINES = 720
# The default conversion loses one to two levels on average; this one keeps the mean.
EXACT_COLOURS = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)
MATRICES = {"601": Colorspace.ITU601, "709": Colorspace.ITU709}
UNTAGGED = 2


def video_frames(path: str | Path, color_matrix: str = "auto") -> Iterator[np.ndarray]:
    """Yield the frames of a video as uint8 RGB (H, W, 3).

    Args:
        color_matrix: 601, 709, or auto: the file's tag, else 709 from 720 lines up.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no video that can be decoded.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"the video {path} does not exist")
    count = 0
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                matrix = MATRICES.get(color_matrix)
                if matrix is None and frame.colorspace == UNTAGGED:
                    matrix = MATRICES["709" if frame.height >= HD_LINES else "601"]
                rgb = frame.reformat(
                    format="rgb24", src_colorspace=matrix, interpolation=EXACT_COLOURS
                )
                yield rgb.to_ndarray()
                count += 1
            promised = stream.frames
        if promised and abs(promised - count) > 1:
            logger.warning("%s: the header promises %d frames, %d decoded", path, promised, count)
    except (av.error.FFmpegError, IndexError) as error:
        if count == 0:
            raise ValueError(f"{path} cannot be decoded as a video: {error}") from error
        logger.warning("%s breaks off after %d frames: %s", path, count, error)
    if count == 0:
        raise ValueError(f"{path} holds no frame")


def count_frames(path: str | Path) -> int:
    """Count the video packets of a file, without decoding; about its number of frames."""
    with av.open(str(path), metadata_errors="ignore") as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def matte_frames(path: str | Path) -> Iterator[np.ndarray]:
    """Yield the luma of an alpha video as uint8 (H, W), in full range."""
    with av.open(str(path), metadata_errors="ignore") as container:
        for frame in container.decode(video=0):
            yield frame.reformat(format="gray").to_ndarray()


def folder_pictures(folder: str | Path) -> list[Path]:
    """The pictures of a folder in natural order (frame 10 after frame 9).

    Raises:
        FileNotFoundError: The folder does not exist or holds no picture.
    """
    folder = Path(folder)
    found = [p for p in folder.glob("*") if p.suffix.lower() in PICTURES]
    if not found:
        raise FileNotFoundError(f"the folder {folder} does not exist or holds no picture")
    return sorted(found, key=natural_key)


def natural_key(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def read_picture(path: Path, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """Read uint8 RGB (H, W, 3), or grey (H, W) with ``IMREAD_GRAYSCALE``.

    Raises:
        ValueError: The file cannot be decoded.
    """
    image = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    if image is None:
        raise ValueError(f"{path} cannot be decoded as a picture")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if image.ndim == 3 else image


def stride_for(count: int, max_frames: int, stride: int) -> int:
    """The stride that spreads at most ``max_frames`` over ``count`` frames."""
    return max(stride, -(-count // max_frames))


def store_of_video(
    video: str | Path,
    alpha_video: str | Path | None,
    *,
    max_frames: int,
    stride: int,
    memory_budget_mb: int,
    color_matrix: str,
) -> FrameStore:
    """Sample a video, and its alpha video in step by index; the shorter one ends it.

    A difference of more than one frame is logged: the pair drifts apart where one of them was
    made at another frame rate.
    """
    path = Path(video)
    if not path.is_file():
        raise FileNotFoundError(f"the video {path} does not exist")
    if alpha_video and not Path(alpha_video).is_file():
        raise FileNotFoundError(f"the alpha video {alpha_video} does not exist")
    try:
        count = count_frames(path)
    except (av.error.FFmpegError, IndexError) as error:
        raise ValueError(f"{path} cannot be decoded as a video: {error}") from error
    every = stride_for(count, max_frames, stride)
    store = FrameStore(max_frames, every, memory_budget_mb)
    mattes = matte_frames(alpha_video) if alpha_video else None
    for frame in video_frames(path, color_matrix):
        matte = next(mattes, None) if mattes else None
        if mattes and matte is None:
            break
        store.add(frame, matte)
    if mattes:
        mattes_left = sum(1 for _ in islice(mattes, 10))
        frames_left = count - store.offered
        if max(mattes_left, frames_left) > 1:
            logger.warning(
                "%s and %s differ in length: %d frames were paired, %d frames and %s mattes are "
                "left over; were they made at different frame rates?",
                path,
                alpha_video,
                store.offered,
                max(0, frames_left),
                f"{mattes_left}+" if mattes_left == 10 else mattes_left,
            )
    return store


def store_of_folder(
    folder: str | Path,
    masks: str | Path | None,
    *,
    max_frames: int,
    stride: int,
    memory_budget_mb: int,
) -> FrameStore:
    """Sample a folder of pictures; masks are paired by name without suffix.

    Raises:
        FileNotFoundError: The folder holds no picture, or a picture has no mask.
    """
    pictures = folder_pictures(folder)
    by_stem = {p.stem: p for p in folder_pictures(masks)} if masks else {}
    every = stride_for(len(pictures), max_frames, stride)
    store = FrameStore(max_frames, 1, memory_budget_mb)
    for path in pictures[::every]:
        matte = None
        if masks:
            if path.stem not in by_stem:
                raise FileNotFoundError(f"{path.name} has no mask of that name in {masks}")
            matte = read_picture(by_stem[path.stem], cv2.IMREAD_GRAYSCALE)
        store.add(read_picture(path), matte)
    return store


def easyvolcap_cameras(root: str | Path) -> list[tuple[str, Path, Path | None]]:
    """(camera, folder of images, folder of masks or None) of an EasyVolcap data root.

    Raises:
        FileNotFoundError: ``root`` has no ``images/<camera>`` folders.
    """
    root = Path(root)
    cameras = [p for p in (root / "images").glob("*") if p.is_dir()]
    if not cameras:
        raise FileNotFoundError(f"{root} is no EasyVolcap root: it has no images/<camera> folders")
    rows = []
    for camera in sorted(cameras, key=natural_key):
        candidates = (root / name / camera.name for name in ("mask", "masks", "msk", "bgmt"))
        rows.append((camera.name, camera, next((p for p in candidates if p.is_dir()), None)))
    return rows
