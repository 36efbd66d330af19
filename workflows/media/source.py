"""What the matting chain reads: a video, or a folder of pictures as if it were one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from plugin_kit.picture_files import folder_pictures, is_picture, read_picture
from plugin_kit.video import Frame, VideoError, VideoInfo, VideoReader

PICTURES_A_SECOND = 25


def holds_pictures(path: Path) -> bool:
    """Whether it is a folder with pictures in it."""
    return path.is_dir() and any(map(is_picture, path.iterdir()))


def source_info(path: Path) -> VideoInfo:
    """What is known of the video, or of the pictures, at ``path``.

    Raises:
        FileNotFoundError, ValueError: It cannot be read; the text names the file.
    """
    if not path.is_dir():
        return VideoInfo.from_path(path)
    pictures = folder_pictures(path)
    height, width = read_picture(pictures[0]).shape[:2]
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        rate=Fraction(PICTURES_A_SECOND),
        time_base=Fraction(1, PICTURES_A_SECOND),
        frame_count=len(pictures),
        pixel_format="rgb24",
        audio_streams=0,
    )


def source_reader(info: VideoInfo) -> VideoReader | PictureReader:
    """The frames of what :func:`source_info` found."""
    return PictureReader(info) if info.path.is_dir() else VideoReader(info)


@dataclass
class PictureReader:
    """The pictures of a folder in natural order, read as :class:`VideoReader` reads a video."""

    info: VideoInfo
    frames_read: int = field(default=0, init=False)
    warnings: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        text = f"{self.info.path}: pictures have no rate, {PICTURES_A_SECOND} a second are taken"
        self.warnings.append(text)

    def __iter__(self) -> Iterator[Frame]:
        """Yield every picture.

        Raises:
            ValueError: One cannot be decoded, or has another size than the first.
        """
        self.frames_read = 0
        size = self.info.width, self.info.height
        for index, path in enumerate(folder_pictures(self.info.path)):
            image = read_picture(path)
            if image.shape[1::-1] != size:
                raise VideoError(
                    f"{path} is {image.shape[1]}x{image.shape[0]}, the first picture "
                    f"{size[0]}x{size[1]}: scale them to one size first"
                )
            self.frames_read += 1
            yield Frame(image, index)
