"""What the matting chain reads: a video, or a folder of pictures as if it were one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from plugin_kit.picture_files import folder_pictures, is_picture, read_picture
from plugin_kit.video import Frame, VideoError, VideoInfo, VideoReader, time_of_frame
from workflows.media.numbering import missing_numbers, picture_numbers
from workflows.media.selection import Moment, Selection, fitted_size, is_enlarging

PICTURES_A_SECOND = 25
WHOLE = Selection()


@dataclass(frozen=True, kw_only=True)
class Source(VideoInfo):
    """What was chosen of a video; its size, start and number of frames are those of the choice.

    Attributes:
        stored: The video as it is in its file.
        begin, beyond: The time of its first frame, and that of the first that is left out, in
            ticks; None: no limit.
        pictures: Of a folder, all that are chosen.
        numbers: Theirs, where their names have some.
        warnings: What is to be told of the choice.
    """

    stored: VideoInfo
    begin: int | None = None
    beyond: int | None = None
    pictures: tuple[Path, ...] = ()
    numbers: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction | None:
        """How long it is, where an end was chosen."""
        return None if self.beyond is None else self.beyond * self.time_base - self.start

    def fitted(self, image: np.ndarray) -> np.ndarray:
        """A picture uint8 (H, W, C) of the stored size, brought to the chosen one."""
        return scaled(image, (self.width, self.height))


def scaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A smaller picture uint8 (h, w, C), by the area of pixels; itself where it has the size."""
    if image.shape[1::-1] == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def holds_pictures(path: Path) -> bool:
    """Whether it is a folder with pictures in it."""
    return path.is_dir() and any(map(is_picture, path.iterdir()))


def source_info(path: Path, selection: Selection = WHOLE) -> Source:
    """What is known of the video, or of the pictures, at ``path``, and what is chosen of it.

    Raises:
        FileNotFoundError, ValueError: It cannot be read, or has not what is chosen; the text names
            the file and the option.
    """
    whole = _pictures(path) if path.is_dir() else _video(path)
    chosen = _within(whole, selection)
    if selection.size is None:
        return chosen
    width, height = fitted_size(selection.size, whole.width, whole.height)
    if is_enlarging(selection.size, whole.width, whole.height):
        text = f"{path} is {width}x{height}, and --size {selection.size} would enlarge it: it stays"
        chosen = replace(chosen, warnings=(*chosen.warnings, text))
    return replace(chosen, width=width, height=height)


def source_reader(info: VideoInfo) -> VideoReader | SourceReader:
    """The frames of what :func:`source_info` found."""
    return SourceReader(info) if isinstance(info, Source) else VideoReader(info)


@dataclass
class SourceReader:
    """The chosen frames, at the chosen size, read as :class:`VideoReader` reads a video.

    Attributes:
        frames_read: The true count, after the iteration.
        warnings: What was odd.
    """

    info: Source
    frames_read: int = field(default=0, init=False)
    warnings: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._reader = VideoReader(self.info.stored, begin=self.info.begin)
        self.warnings = self._reader.warnings
        self.warnings += self.info.warnings
        if self.info.pictures:
            path = self.info.path
            text = f"{path}: pictures have no rate, {PICTURES_A_SECOND} a second are taken"
            missing = missing_numbers(self.info.numbers)
            self.warnings += [text, *([f"{path}: {missing}"] if missing else [])]

    def __iter__(self) -> Iterator[Frame]:
        """Yield every chosen frame.

        Raises:
            FileNotFoundError: The file is gone.
            ValueError: A picture cannot be decoded, or has another size than the first.
        """
        self.frames_read = 0
        frames = self._read_pictures() if self.info.pictures else iter(self._reader)
        with closing(frames):  # type: ignore[type-var]
            for frame in frames:
                if self.info.beyond is not None and frame.pts >= self.info.beyond:
                    break
                self.frames_read += 1
                yield replace(frame, image=self.info.fitted(frame.image))

    def _read_pictures(self) -> Iterator[Frame]:
        size = self.info.stored.width, self.info.stored.height
        for index, path in enumerate(self.info.pictures):
            image = read_picture(path)
            if image.shape[1::-1] != size:
                raise VideoError(
                    f"{path} is {image.shape[1]}x{image.shape[0]}, the first picture "
                    f"{size[0]}x{size[1]}: scale them to one size first"
                )
            yield Frame(image, index)


def _video(path: Path) -> Source:
    stored = VideoInfo.from_path(path)
    return Source(**_values(stored), stored=stored)


def _pictures(path: Path) -> Source:
    pictures = folder_pictures(path)
    height, width = read_picture(pictures[0]).shape[:2]
    stored = VideoInfo(
        path=path,
        width=width,
        height=height,
        rate=Fraction(PICTURES_A_SECOND),
        time_base=Fraction(1, PICTURES_A_SECOND),
        frame_count=len(pictures),
        pixel_format="rgb24",
        audio_streams=0,
    )
    numbers = picture_numbers(pictures)
    return Source(**_values(stored), stored=stored, pictures=tuple(pictures), numbers=numbers)


def _values(info: VideoInfo) -> dict[str, Any]:
    return {each.name: getattr(info, each.name) for each in fields(VideoInfo)}


def _within(whole: Source, selection: Selection) -> Source:
    start, end = selection.first, selection.beyond
    if whole.pictures:
        return _chosen_pictures(whole, selection)
    begin = beyond = None
    if start is not None:
        begin = _first_tick(whole, start, f"--start {selection.start}")
    if end is not None:
        beyond = _tick_of(whole, end)
    origin = round(whole.start / whole.time_base)
    if beyond is not None and beyond <= (origin if begin is None else begin):
        raise ValueError(f"--end {selection.end} leaves no frame of {whole.path}")
    shown = origin if begin is None else begin
    skipped = round((shown - origin) * whole.time_base * whole.rate)
    count = max(0, whole.frame_count - skipped)
    if beyond is not None:
        wanted = max(1, round((beyond - shown) * whole.time_base * whole.rate))
        count = min(count, wanted) if whole.frame_count else wanted
    return replace(
        whole, begin=begin, beyond=beyond, start=shown * whole.time_base, frame_count=count
    )


def _first_tick(whole: Source, start: Moment, option: str) -> int:
    """When the first frame from ``start`` on is shown; ValueError where there is none."""
    begin = _tick_of(whole, start)
    if begin is not None:
        for frame in VideoReader(whole.stored, begin=begin):
            return frame.pts
    raise ValueError(f"{option} is behind the end of {whole.path}{_length(whole)}")


def _tick_of(whole: Source, moment: Moment) -> int | None:
    """A moment in ticks of the file; None where it is beyond the last frame."""
    if moment.frame is None:
        return ceil((whole.start + moment.seconds) / whole.time_base)
    if (time := time_of_frame(whole.path, moment.frame)) is not None:
        return time
    for index, frame in enumerate(VideoReader(whole.stored, is_grey=True)):
        if index == moment.frame:
            return frame.pts
    return None


def _length(whole: Source) -> str:
    seconds = float(whole.frame_count / whole.rate)
    return f", which has {whole.frame_count} frames, {seconds:.2f} s" if whole.frame_count else ""


def _chosen_pictures(whole: Source, selection: Selection) -> Source:
    """Frames go by the numbers in the pictures' names, where they have some."""
    numbers = whole.numbers or range(len(whole.pictures))

    def is_before(index: int, moment: Moment) -> bool:
        if moment.frame is not None:
            return numbers[index] < moment.frame
        return index * whole.time_base < moment.seconds

    start, end = selection.first, selection.beyond
    chosen = [
        index
        for index in range(len(whole.pictures))
        if (start is None or not is_before(index, start)) and (end is None or is_before(index, end))
    ]
    if not chosen:
        given = {"--start": selection.start, "--end": selection.end}
        options = " and ".join(f"{name} {text}" for name, text in given.items() if text)
        raise ValueError(
            f"{options} leave no picture of {whole.path}, whose pictures are numbered "
            f"{numbers[0]} to {numbers[-1]}"
        )
    kept = slice(chosen[0], chosen[-1] + 1)
    return replace(
        whole,
        pictures=whole.pictures[kept],
        numbers=whole.numbers[kept],
        frame_count=len(chosen),
    )
