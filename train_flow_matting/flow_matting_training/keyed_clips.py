"""Clips to train on, made of clips before a green or blue screen.

As the data set of Kuang and Tie (arXiv:2104.09752) was: a key gives the true matte, and what it
cuts out is laid over other backgrounds, in files ``original{clip}_{frame}.jpg`` and
``gt{clip}_{frame}``. Mattes are PNG files, since JPEG leaves dirt at their edges.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..train_flow_matting_kit.files import (
    FileError,
    is_hidden,
    load_json,
    natural_sorted,
    write_json,
)
from ..train_flow_matting_kit.keying import Keyed, Keyer, KeyOptions, ScreenError
from ..train_flow_matting_kit.picture_files import (
    folder_pictures,
    is_picture,
    read_picture,
    write_picture,
)
from ..train_flow_matting_kit.pictures import blend, resized, size_within, to_uint8
from ..train_flow_matting_kit.stopping import ShouldStop, check_stop, never
from .clip_files import KEYED_MARK, ORIGINAL, TRUTH, VIDEOS, pictures_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyingOptions:
    """How the data set is made.

    Attributes:
        backgrounds: Over how many of the backgrounds each clip is laid, in turn.
        frames: Of each clip at most.
        long_side: Of the written pictures, in pixels; the original's were 640x360.
        screen: ``auto``, ``green``, ``blue``, or the screen's colour as ``R,G,B``.
    """

    backgrounds: int = 3
    frames: int = 300
    long_side: int = 640
    screen: str = "auto"


def make_keyed_clips(
    screens: str | Path,
    backgrounds: str | Path,
    target: str | Path,
    options: KeyingOptions | None = None,
    *,
    should_stop: ShouldStop = never,
) -> Path:
    """Key every clip of ``screens``, and write it over backgrounds into a folder of ``target``.

    A clip that was made in the same way at an earlier time is left as it is.

    Args:
        screens: A folder of videos, or of folders of pictures, before a screen.
        backgrounds: A folder of pictures.
        target: The data set.
        options: How.
        should_stop: Whether its user wants no more.

    Returns:
        ``target``.

    Raises:
        FileNotFoundError: A folder does not exist, or holds nothing of what it should.
        FileError: A clip cannot be read or shows no screen, or its folder of ``target`` holds
            something else.
        Stopped: ``should_stop`` said so; clips that were finished are kept.
    """
    options, target = options or KeyingOptions(), Path(target).expanduser()
    clips = screen_clips(screens)
    behind = folder_pictures(Path(backgrounds).expanduser())
    for number, (name, paths) in enumerate(clips):
        count = min(options.backgrounds, len(behind))
        chosen = [behind[(number * count + k) % len(behind)] for k in range(count)]
        folder = target / name
        asked = _asked(paths, chosen, options)
        if _is_made(folder, asked):
            logger.info("%s: made at an earlier time", folder)
            continue
        report = _write_clip(paths, chosen, folder, options, should_stop)
        write_json(folder / KEYED_MARK, {"asked": asked, "key": report})
        logger.info("%s: %d frames over %d backgrounds", folder, report["frames"], count)
    return target


def screen_clips(folder: str | Path) -> list[tuple[str, tuple[Path, ...]]]:
    """Name and files of each clip: a video, or a folder's pictures; in natural order.

    Raises:
        FileNotFoundError: There is no such folder, or no clip in it.
        FileError: Two clips have one name.
    """
    folder = Path(folder).expanduser()
    found: dict[str, tuple[Path, ...]] = {}
    for path in natural_sorted(folder.glob("*")):
        if is_hidden(path):
            continue
        if path.suffix.lower() in VIDEOS and path.is_file():
            name, files = path.stem, (path,)
        elif path.is_dir() and any(map(is_picture, path.glob("*"))):
            name, files = path.name, tuple(folder_pictures(path))
        else:
            continue
        if name in found:
            raise FileError(path, f"is the second clip called {name}", "rename one of the two")
        found[name] = files
    if not found:
        raise FileNotFoundError(
            f"green_screen_folder {str(folder)!r} does not exist or holds no clip: it takes "
            "videos, or a folder of pictures for each clip"
        )
    return list(found.items())


def _asked(paths: tuple[Path, ...], behind: list[Path], options: KeyingOptions) -> dict[str, Any]:
    """What the written clip depends on."""
    files = [*paths, *behind]
    stamps = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    return {"files": stamps, **asdict(options)}


def _is_made(folder: Path, asked: dict[str, Any]) -> bool:
    mark = folder / KEYED_MARK
    if mark.is_file():
        if load_json(mark).get("asked") == json.loads(json.dumps(asked)):
            return True
        problem = "holds a clip that was made of other files or in another way"
        raise FileError(folder, problem, "delete it, or name another dataset_folder")
    return False


def _write_clip(
    paths: tuple[Path, ...],
    behind: list[Path],
    folder: Path,
    options: KeyingOptions,
    should_stop: ShouldStop,
) -> dict[str, Any]:
    stills: list[np.ndarray] = []
    report: dict[str, Any] = {}
    written = 0
    for frame, keyed in _keyed(paths, options):
        check_stop(should_stop, "making the data set")
        height, width = frame.shape[:2]
        if not stills:
            stills = [_covering(read_picture(path), width, height) for path in behind]
            report = {key: keyed.report[key] for key in ("screen", "screen_colour", "evenness")}
        size = size_within(frame.shape, options.long_side, least=2)
        truth = cv2.resize(to_uint8(keyed.alpha), size, interpolation=cv2.INTER_AREA)
        for number, still in enumerate(stills, start=1):
            composite = blend(keyed.foreground, keyed.alpha, still)
            name = f"{number}_{written:05d}"
            write_picture(folder / f"{ORIGINAL}{name}.jpg", resized(composite, *size))
            write_picture(folder / f"{TRUTH}{name}.png", truth)
        written += 1
    if written < 2:
        raise FileError(paths[0], f"has {written} frames", "a clip needs two or more")
    return {**report, "frames": written, "backgrounds": [path.name for path in behind]}


def _keyed(paths: tuple[Path, ...], options: KeyingOptions) -> Iterator[tuple[np.ndarray, Keyed]]:
    keyer = Keyer(KeyOptions(screen=options.screen))
    for number, frame in enumerate(islice(pictures_of(paths), options.frames)):
        try:
            yield frame, keyer(frame)
        except ScreenError as error:
            problem = f"shows no screen in its frame {number} ({error})"
            raise FileError(paths[0], problem, "leave the clip out, or set screen_color") from error


def _covering(still: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of ``still``, resized to cover the size."""
    scale = max(width / still.shape[1], height / still.shape[0])
    wide, tall = (
        max(s, round(scale * n)) for s, n in zip((width, height), still.shape[1::-1], strict=True)
    )
    large = resized(still, wide, tall)
    x, y = (wide - width) // 2, (tall - height) // 2
    return np.ascontiguousarray(large[y : y + height, x : x + width])
