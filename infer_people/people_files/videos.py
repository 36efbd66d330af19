"""The videos of a folder, one a camera, and the common time on which their frames fall."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.error import FFmpegError

from ..infer_people_kit.files import VIDEO_SUFFIXES, existing, is_video, natural_sorted
from ..infer_people_kit.video import VideoInfo, open_video
from ..infer_people_kit.video.opening import video_stream

logger = logging.getLogger(__name__)

# Containers round times, so that frames at an even rate seem to come unevenly.
SAME_RATE = Fraction(1, 20)
# Where time goes on more than so many times as fast as frames come, times are broken.
MOST_GAPS = 3


@dataclass(frozen=True)
class View:
    """A camera's video.

    Attributes:
        name: The file's, without its ending.
        info: What its container says.
        rate: Frames a second as most follow each other; above the average where some are left out.
    """

    name: str
    info: VideoInfo
    rate: Fraction


def find_views(path: str | Path) -> list[View]:
    """The videos of a folder in natural order of their names, or those that ``path`` names.

    Args:
        path: A folder, or one or more videos, a line each.

    Raises:
        FileNotFoundError: Nothing is there, or the folder holds no video.
        ValueError: Two have the same name, or one cannot be read.
    """
    lines = [line for line in str(path).splitlines() if line.strip()]
    files = [file for line in lines for file in _videos_at(Path(line).expanduser())]
    if not files:
        raise FileNotFoundError(
            f"videos_path {path} holds no video ({', '.join(VIDEO_SUFFIXES)}): give the folder "
            "in which each camera has one"
        )
    by_name: dict[str, Path] = {}
    for file in files:
        other = by_name.setdefault(file.stem.lower(), file)
        if other is not file:
            raise ValueError(
                f"{other} and {file} would both be the view {file.stem}: rename one of them"
            )
    infos = [VideoInfo.from_path(file) for file in files]
    return [View(info.path.stem, info, usual_rate(info)) for info in infos]


def _videos_at(path: Path) -> list[Path]:
    if existing(path).is_file():
        return [path]
    return natural_sorted(filter(is_video, path.iterdir()))


def usual_rate(info: VideoInfo) -> Fraction:
    """Frames a second by the usual distance of two; by the container's word where it is even."""
    try:
        with open_video(info.path) as container:
            packets = container.demux(video_stream(container, info.path))
            times = [p.pts for p in packets if p.size and p.pts is not None and not p.is_discard]
    except FFmpegError:
        # What can be decoded of a damaged file is told by its reader.
        return info.rate
    steps = np.diff(np.unique(np.array(times, np.int64)))
    if not len(steps):
        return info.rate
    usual = 1 / (int(np.median(steps)) * info.time_base)
    return info.rate if abs(usual / info.rate - 1) <= SAME_RATE else usual


def common_rate(views: Sequence[View]) -> Fraction:
    """The highest of the views' rates; others are told, since their frames leave gaps."""
    rate = max(view.rate for view in views)
    slower = [f"{view.name} {float(view.rate):g}" for view in views if view.rate != rate]
    if slower:
        logger.warning(
            "views have fewer frames a second than %g (%s): frames are paired by time, and missing "
            "ones left empty",
            float(rate),
            ", ".join(slower),
        )
    return rate


def growing_times(times: np.ndarray, view: View) -> np.ndarray:
    """The times (F,) of a view's frames in seconds; where they are broken, by its rate instead."""
    span = times[-1] - times[0]
    if span * view.rate < MOST_GAPS * len(times):
        return times
    logger.warning(
        "%s: its %d frames span %g s, so its times are broken: frames are counted instead",
        view.info.path,
        len(times),
        span,
    )
    return np.arange(len(times)) / float(view.rate)


def grid_frames(times: np.ndarray, rate: Fraction) -> np.ndarray:
    """The frame of the common time on which each frame of a view falls; the first one on 0.

    Args:
        times: (F,) seconds, growing.
        rate: Frames a second of the common time.

    Returns:
        int64 (F,), not falling.

    Example:
        >>> grid_frames(np.array([5.0, 5.1, 5.3]), Fraction(10)).tolist()
        [0, 1, 3]
    """
    return np.rint((times - times[:1]) * float(rate)).astype(np.int64)
