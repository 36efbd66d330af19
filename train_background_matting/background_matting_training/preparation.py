"""Bring a user's pictures to the sizes of a pool, once, into files that training maps."""

from __future__ import annotations

import errno
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from ..train_background_matting_kit.files import FileError, load_json, replacing, write_json
from ..train_background_matting_kit.foreground import extend_foreground
from ..train_background_matting_kit.picture_files import read_grey, read_picture, read_rgba
from ..train_background_matting_kit.stopping import ShouldStop, check_stop, never
from .asset_files import AssetFile, Split
from .pool import Pool, resized_rgba
from .training_data import COARSE, Pools, TrainingData

logger = logging.getLogger(__name__)

LEAST_SIDE = 32
MANIFEST = "prepared.json"
# Who sees the arrays, and their size.
PARTS = (("training", ""), ("training", "_small"), ("held_out", ""))
KINDS = ("foregrounds", "backgrounds")
ASPECT = 1.75
# Of its square, a foreground that ends inside its picture fills so much.
FILLED = 0.94
# A foreground is cut where so much of its width is opaque on the picture's last row.
CUT_SHARE, VISIBLE, OPAQUE = 0.1, 8, 128


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared.

    Attributes:
        side: Of a foreground's square, in pixels; backgrounds are as high, and 7/4 as wide.
        colours: ``given``: a foreground's colours are its own wherever alpha is above 0;
            ``extended``: its edge shows what was behind it, and takes the colours from within.
    """

    side: int = 768
    colours: Literal["given", "extended"] = "given"

    @property
    def background_size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.side, COARSE * round(self.side * ASPECT / COARSE)


def prepare(
    foregrounds: Split,
    backgrounds: Split,
    folder: Path,
    preparation: Preparation,
    *,
    should_stop: ShouldStop = never,
) -> TrainingData:
    """Prepare everything into ``folder``, or take what an earlier time left there.

    Raises:
        FileError: A picture cannot be read, has no alpha or one that says nothing, or is too small.
        OSError: The disk is full.
        Stopped: ``should_stop`` said so; nothing of it is used the next time.
    """
    manifest = _manifest(foregrounds, backgrounds, preparation)
    flags = _kept(folder, manifest)
    if flags is not None:
        logger.info("the pictures were prepared before, in %s", folder)
    else:
        counts = [len(x.training) + len(x.held_out) for x in (foregrounds, backgrounds)]
        logger.info("preparing %d foregrounds and %d backgrounds in %s", *counts, folder)
        (folder / MANIFEST).unlink(missing_ok=True)
        flags = {}
        for part in ("training", "held_out"):
            files = getattr(foregrounds, part), getattr(backgrounds, part)
            flags[part] = _prepare_part(folder, part, *files, preparation, should_stop)
        write_json(folder / MANIFEST, {"of": manifest, "flags": flags, "sizes": _sizes(folder)})
    pools = {(part, size): _pool(folder, f"{part}{size}", flags[part]) for part, size in PARTS}
    names = [
        [
            f"{letter}/{file.name}"
            for letter, split in (("f", foregrounds), ("b", backgrounds))
            for file in getattr(split, part)
        ]
        for part in ("training", "held_out")
    ]
    training = Pools(pools["training", ""], pools["training", "_small"])
    return TrainingData(training, pools["held_out", ""], *names)


def squared(rgba: np.ndarray, side: int) -> tuple[np.ndarray, bool]:
    """Cut a foreground out of its picture and bring it into a square.

    Args:
        rgba: uint8 (H, W, 4), straight, some of it visible.
        side: Of the square.

    Returns:
        uint8 (side, side, 4), and whether the picture's lower edge cuts it; it then stands on the
        square's.
    """
    alpha = rgba[..., 3]
    x, y, width, height = cv2.boundingRect((alpha >= VISIBLE).astype(np.uint8))
    at_end = y + height == len(rgba)
    is_cut = bool(at_end and (alpha[-1] >= OPAQUE).sum() >= CUT_SHARE * width)
    scale = FILLED * side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    part = resized_rgba(rgba[y : y + height, x : x + width], *size)
    square = np.zeros((side, side, 4), np.uint8)
    left = (side - size[0]) // 2
    top = side - size[1] if is_cut else (side - size[1]) // 2
    square[top : top + size[1], left : left + size[0]] = part
    return square, is_cut


def covering(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of ``picture`` (H, W, 3) at a size of which no pixel is left empty."""
    scale = max(height / picture.shape[0], width / picture.shape[1])
    size = max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    whole = cv2.resize(picture, size, interpolation=how)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return whole[top : top + height, left : left + width]


def read_foreground(file: AssetFile, colours: str) -> np.ndarray:
    """A foreground as uint8 RGBA (H, W, 4), straight; FileError where it cannot be one."""
    if file.alpha is None:
        rgba = read_rgba(file.path)
    else:
        colour, alpha = read_picture(file.path), read_grey(file.alpha)
        if colour.shape[:2] != alpha.shape:
            sizes = [f"{x.shape[1]}x{x.shape[0]}" for x in (alpha, colour)]
            problem = f"is {sizes[0]}, its picture {file.path} {sizes[1]}"
            raise FileError(file.alpha, problem, "give both the same size")
        rgba = np.dstack([colour, alpha])
    _check_size(rgba, file.path)
    alpha, alpha_path = rgba[..., 3], file.alpha or file.path
    if alpha.max() < VISIBLE:
        remedy = "take it out, or give it the alpha that belongs to it"
        raise FileError(alpha_path, "shows nothing: its alpha is 0 everywhere", remedy)
    if alpha.min() == 255:
        remedy = "take it out, or give it the alpha that belongs to it"
        raise FileError(alpha_path, "hides everything: its alpha is 255 everywhere", remedy)
    if colours == "extended":
        matte = alpha.astype(np.float32) / 255
        rgba[..., :3] = extend_foreground(np.ascontiguousarray(rgba[..., :3]), matte)
    return rgba


def _check_size(picture: np.ndarray, path: Path) -> None:
    if min(picture.shape[:2]) < LEAST_SIDE:
        problem = f"is {picture.shape[1]}x{picture.shape[0]} pixels small"
        raise FileError(path, problem, f"give pictures of {LEAST_SIDE} pixels a side or more")


def _prepare_part(
    folder: Path,
    part: str,
    foregrounds: Sequence[AssetFile],
    backgrounds: Sequence[AssetFile],
    preparation: Preparation,
    should_stop: ShouldStop,
) -> dict[str, list[bool]]:
    """Write the arrays of ``part``; which foregrounds are cut, and which translucent."""
    side, (height, width) = preparation.side, preparation.background_size
    cut, translucent = [], []

    def foreground(file: AssetFile) -> np.ndarray:
        square, is_cut = squared(read_foreground(file, preparation.colours), side)
        cut.append(is_cut)
        alpha = square[..., 3]
        visible = max(1, int((alpha >= VISIBLE).sum()))
        partly = (alpha >= 0.1 * 255) & (alpha <= 0.9 * 255)
        translucent.append(bool(partly.sum() > 0.5 * visible))
        return square

    def background(file: AssetFile) -> np.ndarray:
        picture = read_picture(file.path)
        _check_size(picture, file.path)
        return covering(picture, height, width)

    for name, files, make, shape in (
        ("foregrounds", foregrounds, foreground, (side, side, 4)),
        ("backgrounds", backgrounds, background, (height, width, 3)),
    ):
        _write_array(folder / f"{part}_{name}.npy", files, make, shape, should_stop)
        if part == "training":
            full = np.load(folder / f"{part}_{name}.npy", mmap_mode="r")
            low = (shape[0] // COARSE, shape[1] // COARSE, shape[2])

            def shrunk(picture: np.ndarray, size: tuple[int, ...] = low) -> np.ndarray:
                if size[2] == 4:
                    return resized_rgba(picture, size[1], size[0])
                return cv2.resize(picture, (size[1], size[0]), interpolation=cv2.INTER_AREA)

            _write_array(folder / f"{part}_small_{name}.npy", full, shrunk, low, should_stop)
    return {"cut": cut, "translucent": translucent}


def _write_array(
    path: Path,
    items: Any,
    make: Callable[[Any], np.ndarray],
    shape: tuple[int, ...],
    should_stop: ShouldStop,
) -> None:
    """What ``make`` makes of each, as one array file that appears whole or not at all.

    Written and not mapped: a full disk met through a memory map kills the process.

    Raises:
        OSError: It does not fit on the disk.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(items), *shape)}
    try:
        with replacing(path) as beside, beside.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for item in items:
                check_stop(should_stop, "preparing the pictures")
                file.write(np.ascontiguousarray(make(item), np.uint8).data)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        size = len(items) * math.prod(shape) / 2**20
        raise OSError(
            error.errno,
            f"{path} needs {size:.0f} MB ({error.strerror}): make room there, name another "
            "output_folder, or lower picture_size",
        ) from error


def _pool(folder: Path, part: str, flags: dict[str, list[bool]]) -> Pool:
    foregrounds, backgrounds = (
        np.load(folder / f"{part}_{name}.npy", mmap_mode="r") for name in KINDS
    )
    return Pool(
        foregrounds,
        backgrounds,
        np.array(flags["translucent"], bool),
        np.array(flags["cut"], bool),
    )


def _manifest(foregrounds: Split, backgrounds: Split, preparation: Preparation) -> dict[str, Any]:
    """What decides how the arrays come out: the files as they are now, and how."""

    def stamp(path: Path | None) -> list[Any]:
        if path is None:
            return []
        there = path.stat()
        return [str(path.resolve()), there.st_size, there.st_mtime_ns]

    files = {
        f"{part}_{name}": [[*stamp(file.path), *stamp(file.alpha)] for file in getattr(split, part)]
        for name, split in (("foregrounds", foregrounds), ("backgrounds", backgrounds))
        for part in ("training", "held_out")
    }
    return {**asdict(preparation), **files}


def _kept(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The flags of what an earlier time made of the same; None where not all of it is there."""
    try:
        content = load_json(folder / MANIFEST)
        is_whole = content["of"] == manifest and content["sizes"] == _sizes(folder)
        return content["flags"] if is_whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sizes(folder: Path) -> dict[str, int]:
    """The bytes of each array; FileNotFoundError where one is missing."""
    names = [f"{part}{size}_{kind}.npy" for part, size in PARTS for kind in KINDS]
    return {name: (folder / name).stat().st_size for name in names}
