"""EasyVolcap's folders: pictures of several cameras in, masks and colours of parts out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..infer_human_parsing_kit.easyvolcap import FramePaths, easyvolcap_frames
from ..infer_human_parsing_kit.picture_files import read_picture, write_picture
from .outputs import coloured, person_mask


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
