"""EasyVolcap's folders: pictures of several cameras in, masks and colours of parts out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .outputs import coloured, person_mask
from .pictures import as_rgb

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
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
    folders = sorted((p for p in (root / IMAGES).glob("*") if p.is_dir()), key=_natural_key)
    frames = []
    for folder in folders:
        pictures = [p for p in folder.glob("*") if p.suffix.lower() in PICTURES]
        for image in sorted(pictures, key=_natural_key):
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
            labels = parse(_read(frame.image))
            _write(frame.mask, person_mask(labels))
            _write(frame.colours, coloured(labels))
        yield frame


def _read(path: Path) -> np.ndarray:
    """uint8 RGB (H, W, 3)."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if image is None:
        raise ValueError(f"{path} cannot be decoded as a picture")
    return as_rgb(np.ascontiguousarray(image[..., ::-1]))


def _write(path: Path, image: np.ndarray) -> None:
    """PNG of grey (H, W) or RGB (H, W, 3), under its name only when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".png", image if image.ndim == 2 else image[..., ::-1])
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(encoded.tobytes())
    part.replace(path)


def _natural_key(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]
