"""EasyVolcap's folders: pictures of several cameras in, masks and colours of parts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..infer_human_parsing_kit.files import natural_sorted
from ..infer_human_parsing_kit.picture_files import is_picture, read_picture, write_picture
from .outputs import coloured, person_mask

IMAGES, MASKS, COLOURS = "images", "mask", "schp"


@dataclass(frozen=True)
class FramePaths:
    """A picture of an EasyVolcap root, and what is made of it."""

    camera: str
    image: Path
    mask: Path
    colours: Path

    @property
    def is_done(self) -> bool:
        return self.mask.is_file() and self.colours.is_file()


def easyvolcap_frames(root: Path, output: Path | None = None) -> list[FramePaths]:
    """Every ``images/<camera>/<frame>.*`` of ``root``, cameras and frames in natural order.

    Raises:
        FileNotFoundError: There is none.
        ValueError: Two pictures of a camera differ only in their suffix.
    """
    output = output or root
    folders = natural_sorted(p for p in (root / IMAGES).glob("*") if p.is_dir())
    frames = []
    for folder in folders:
        for image in natural_sorted(p for p in folder.glob("*") if is_picture(p)):
            written = (
                output / kind / folder.name / f"{image.stem}.png" for kind in (MASKS, COLOURS)
            )
            frames.append(FramePaths(folder.name, image, *written))
    if not frames:
        raise FileNotFoundError(f"{root} is no EasyVolcap root: no pictures in {IMAGES}/<camera>/")
    by_target: dict[Path, Path] = {}
    for frame in frames:
        other = by_target.setdefault(frame.mask, frame.image)
        if other != frame.image:
            raise ValueError(f"{other} and {frame.image} would both write {frame.mask}")
    return frames


def parse_easyvolcap(
    root: Path | str,
    parse: Callable[[np.ndarray], np.ndarray],
    *,
    output: Path | str | None = None,
    overwrite: bool = False,
) -> Iterator[FramePaths]:
    """Write ``mask/<camera>/<frame>.png`` and ``schp/<camera>/<frame>.png`` for every picture.

    Masks are 0 and 255 (H, W); ``schp`` holds PASCAL VOC's colours of the parts. A file appears
    under its name when it is complete, and pictures that have both are passed over, so that a
    batch which was broken off goes on where it stood.

    Args:
        root: The folder that holds ``images``.
        parse: Takes uint8 RGB (H, W, 3), gives labels (H, W), uint8.
        output: Where ``mask`` and ``schp`` go; ``root`` by default.
        overwrite: Parse pictures anew that have both files.

    Yields:
        Each frame, after its files were written or found.

    Raises:
        FileNotFoundError: ``root`` holds no pictures.
        ValueError: A picture cannot be decoded.
    """
    frames = easyvolcap_frames(Path(root), Path(output) if output else None)
    return _written(frames, parse, overwrite)


def _written(
    frames: list[FramePaths], parse: Callable[[np.ndarray], np.ndarray], overwrite: bool
) -> Iterator[FramePaths]:
    for frame in frames:
        if overwrite or not frame.is_done:
            labels = parse(read_picture(frame.image))
            write_picture(frame.mask, person_mask(labels))
            write_picture(frame.colours, coloured(labels))
        yield frame
