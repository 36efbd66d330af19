"""A user's foregrounds and plates: found, paired with their alphas, and split."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..train_background_matting_kit.files import FileError, natural_key
from ..train_background_matting_kit.picture_files import is_picture

logger = logging.getLogger(__name__)

# With fewer held-out sources the figures hang on single pictures.
FEW_HELD_OUT = 5
MOST_NAMED = 5


@dataclass(frozen=True)
class AssetFile:
    """One foreground or background.

    Attributes:
        name: Its path below the user's folder.
        path: The picture.
        alpha: Where its alpha is; None where the picture has it itself, or needs none.
        source: What stays together when some are held out: a folder below the user's, or itself.
    """

    name: str
    path: Path
    alpha: Path | None
    source: str


@dataclass(frozen=True)
class Split:
    """Whole sources apart: another picture of the same person would give the answer away."""

    training: list[AssetFile]
    held_out: list[AssetFile]


def find_foregrounds(folder: Path, alphas: Path | None) -> list[AssetFile]:
    """The pictures of ``folder`` and the folders below it.

    Args:
        folder: RGBA pictures, or with ``alphas`` colour pictures.
        alphas: A folder with a grey picture of the same name, of whatever ending, for each.

    Raises:
        FileNotFoundError: A folder does not exist or holds no picture.
        FileError: Names do not pair, or pair with more than one.
    """
    if alphas is None:
        return _found(folder, "foreground_folder")
    if alphas.resolve() == folder.resolve():
        problem = "is both foreground_folder and alpha_folder"
        raise FileError(alphas, problem, "leave alpha_folder empty where the pictures are RGBA")
    files = _found(folder, "foreground_folder", alphas)
    mattes = _found(alphas, "alpha_folder", folder)
    _check_unique(files, folder, "which one alpha would belong to", "each picture")
    _check_unique(mattes, alphas, "both for one picture", "each alpha")
    by_stem = {_stem(matte): matte.path for matte in mattes}
    _check_pairs(files, mattes, folder, alphas)
    return [AssetFile(file.name, file.path, by_stem[_stem(file)], file.source) for file in files]


def find_backgrounds(folder: Path) -> list[AssetFile]:
    """The pictures of ``folder`` and the folders below it; FileNotFoundError without any."""
    return _found(folder, "background_folder")


def split_files(files: Sequence[AssetFile], share: float, seed: int, parameter: str) -> Split:
    """Set a share of the sources aside, one at least, by their names and ``seed``.

    Raises:
        ValueError: There are not two sources, one to train on and one to judge by.
    """
    sources = sorted({file.source for file in files})
    if len(sources) < 2:
        raise ValueError(
            f"{parameter} holds {len(files)} picture(s) of one source ({sources[0]}): give two or "
            "more pictures or folders, since some are held out to judge by"
        )
    order = sorted(sources, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
    count = min(len(sources) - 1, max(1, round(share * len(sources))))
    held_out = set(order[:count])
    if count < FEW_HELD_OUT:
        logger.warning(
            "%s: the figures rest on %d held-out source(s) only; more pictures, or a larger "
            "validation_share, make them surer",
            parameter,
            count,
        )
    return Split(
        [file for file in files if file.source not in held_out],
        [file for file in files if file.source in held_out],
    )


def _found(folder: Path, parameter: str, other: Path | None = None) -> list[AssetFile]:
    """All pictures, but those of an ``other`` folder below that has another job."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{parameter} {folder} is no folder: name one of pictures")
    # Resolved: one may be given from the root on, and the other from here.
    left_out = other.resolve() if other is not None else None
    is_below = left_out is not None and folder.resolve() in left_out.parents
    paths = [
        path
        for path in folder.rglob("*")
        if is_picture(path)
        and path.is_file()
        and not (is_below and left_out in path.resolve().parents)
    ]
    if not paths:
        raise FileNotFoundError(f"{parameter} {folder} holds no picture: put some there")
    files = []
    for path in paths:
        inside = path.relative_to(folder)
        source = inside.as_posix() if len(inside.parts) == 1 else inside.parts[0] + "/"
        files.append(AssetFile(inside.as_posix(), path, None, source))
    return sorted(files, key=lambda file: natural_key(file.name))


def _stem(file: AssetFile) -> str:
    return Path(file.name).with_suffix("").as_posix()


def _check_unique(files: Sequence[AssetFile], folder: Path, problem: str, each: str) -> None:
    by_stem: dict[str, list[str]] = defaultdict(list)
    for file in files:
        by_stem[_stem(file)].append(file.name)
    for names in by_stem.values():
        if len(names) > 1:
            told = f"holds {' and '.join(names)}, {problem}"
            raise FileError(folder, told, f"give {each} a name of its own")


def _check_pairs(
    files: Sequence[AssetFile], mattes: Sequence[AssetFile], folder: Path, alphas: Path
) -> None:
    stems = [{_stem(file) for file in part} for part in (files, mattes)]
    lacking = [file.name for file in files if _stem(file) not in stems[1]]
    if lacking:
        named = ", ".join(lacking[:MOST_NAMED])
        problem = f"has no alpha for {len(lacking)} of {len(files)} pictures ({named})"
        raise FileError(
            alphas, problem, "put one of the same name there, or take those pictures out"
        )
    unused = [matte.name for matte in mattes if _stem(matte) not in stems[0]]
    if unused:
        named = ", ".join(unused[:MOST_NAMED])
        problem = f"has {len(unused)} alpha(s) without a picture in {folder} ({named})"
        raise FileError(alphas, problem, "put the pictures there, or take those alphas out")
