"""The pictures of a board: a video a camera, or a folder of pictures a camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..infer_multiview_triangulation_kit.files import (
    VIDEO_SUFFIXES,
    FileError,
    existing,
    is_hidden,
    is_video,
    natural_key,
    natural_sorted,
)
from ..infer_multiview_triangulation_kit.picture_files import folder_pictures, is_picture, read_grey
from ..infer_multiview_triangulation_kit.video import VideoInfo, VideoReader, count_frames

# Of a video so many frames are looked at, unless the user says how many.
ENOUGH_FRAMES = 250


@dataclass(frozen=True)
class BoardVideo:
    """A camera's video; moments are frames on the common time of all views."""

    name: str
    path: Path
    info: VideoInfo
    rate: Fraction

    @property
    def size(self) -> tuple[int, int]:
        return self.info.width, self.info.height

    @property
    def length(self) -> int:
        """About how many moments it has."""
        # MPEG streams and others promise no count.
        count = self.info.frame_count or count_frames(self.path)
        return round(count * self.rate / self.info.rate)

    def pictures(self, stride: int) -> Iterator[tuple[int, np.ndarray]]:
        """The moments that ``stride`` divides, each with its picture, uint8 (H, W)."""
        first, last = None, -1
        for frame in VideoReader(self.info, is_grey=True):
            first = frame.pts if first is None else first
            moment = round((frame.pts - first) * self.info.time_base * self.rate)
            if moment % stride == 0 and moment > last:
                last = moment
                yield moment, frame.image


@dataclass(frozen=True)
class BoardPictures:
    """A camera's folder; pictures of one name in all folders are of one moment."""

    name: str
    path: Path
    size: tuple[int, int]
    moments: dict[str, int] = field(repr=False)

    @property
    def length(self) -> int:
        return len(self.moments)

    def pictures(self, stride: int) -> Iterator[tuple[int, np.ndarray]]:
        """As :meth:`BoardVideo.pictures`.

        Raises:
            FileError: A picture cannot be read, or has another size than the first.
        """
        for path in folder_pictures(self.path):
            moment = self.moments[path.stem]
            if moment % stride:
                continue
            grey = read_grey(path)
            if grey.shape[::-1] != self.size:
                told = "x".join(map(str, grey.shape[::-1]))
                first = "x".join(map(str, self.size))
                raise FileError(
                    path, f"has {told} pixels, the folder's first picture {first}", "leave it out"
                )
            yield moment, grey


Footage = Sequence[BoardVideo | BoardPictures]


def find_footage(text: str) -> Footage:
    """The views that ``text`` names, a path a line; else as :func:`footage_of`."""
    return footage_of([Path(line.strip()) for line in text.splitlines() if line.strip()])


def footage_of(paths: Sequence[Path]) -> Footage:
    """The views that a folder, or one or more videos or folders of pictures, hold.

    Views stand in natural order of a folder's names, or as the paths do.

    Raises:
        FileNotFoundError: Something is not there, or holds neither videos nor pictures.
        ValueError: Videos and pictures are mixed, two views have one name, no picture of a view
            bears the name of another view's, or a file is damaged.
    """
    sources = [source for path in paths for source in _sources_at(path.expanduser())]
    if not sources:
        raise FileNotFoundError(
            f"boards_path {', '.join(map(str, paths))} holds neither videos "
            f"({', '.join(VIDEO_SUFFIXES)}) nor folders of pictures: give the folder in which each "
            "camera has one"
        )
    by_name: dict[str, Path] = {}
    for source in sources:
        other = by_name.setdefault(_name_of(source).lower(), source)
        if other is not source:
            raise ValueError(
                f"{other} and {source} would both be the view {_name_of(source)}: rename one"
            )
    are_folders = {source.is_dir() for source in sources}
    if len(are_folders) > 1:
        told = ", ".join(str(source) for source in sources)
        raise ValueError(
            f"boards_path mixes videos and folders of pictures ({told}): leave one kind there, or "
            "name the videos or folders one by one"
        )
    return _folders(sources) if are_folders == {True} else _videos(sources)


def _sources_at(path: Path) -> list[Path]:
    if existing(path).is_file():
        return [path]
    inside = natural_sorted(entry for entry in path.iterdir() if not is_hidden(entry))
    videos = [entry for entry in inside if is_video(entry)]
    if any(is_picture(entry) for entry in inside):
        return [*videos, path]
    folders = (entry for entry in inside if entry.is_dir())
    return [*videos, *(entry for entry in folders if any(map(is_picture, entry.iterdir())))]


def _name_of(source: Path) -> str:
    return source.name if source.is_dir() else source.stem


def _videos(sources: Sequence[Path]) -> list[BoardVideo]:
    infos = [VideoInfo.from_path(source) for source in sources]
    rate = max(info.rate for info in infos)
    return [
        BoardVideo(source.stem, source, info, rate)
        for source, info in zip(sources, infos, strict=True)
    ]


def _folders(sources: Sequence[Path]) -> list[BoardPictures]:
    found = [folder_pictures(source) for source in sources]
    _check_names(found)
    names = sorted({path.stem for paths in found for path in paths}, key=natural_key)
    moments = {name: number for number, name in enumerate(names)}
    return [
        BoardPictures(source.name, source, read_grey(paths[0]).shape[::-1], moments)
        for source, paths in zip(sources, found, strict=True)
    ]


def _check_names(found: Sequence[Sequence[Path]]) -> None:
    """Refuse a folder, of several, of whose pictures none bears the name of one of another's."""
    named = [{path.stem for path in paths} for paths in found]
    for number, paths in enumerate(found):
        others = [other for other in range(len(found)) if other != number]
        if others and not any(named[number] & named[other] for other in others):
            raise ValueError(
                f"no picture in {paths[0].parent} ({paths[0].name}, …) has the name of one in "
                f"another folder ({found[others[0]][0]}, …): pictures of one moment need one name"
            )


def usual_stride(footage: Footage) -> int:
    """Every how many frames are looked at: all pictures, and of videos about 250 frames."""
    if isinstance(footage[0], BoardPictures):
        return 1
    longest = max(view.length for view in footage)
    return max(1, -(-longest // ENOUGH_FRAMES))
