"""The units of a data set by how its files lie: AIST++, takes of cameras, EasyVolcap, a table."""

from __future__ import annotations

import csv
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from plugin_kit.easyvolcap import IMAGES
from plugin_kit.files import FileError, existing, is_hidden, is_video, natural_sorted
from workflows.dataset.aist import is_video_of_aist, sequence_of
from workflows.dataset.options import DatasetOptions
from workflows.dataset.units import Unit

# A calibration that lies beside the videos of a take.
CALIBRATIONS = ("cameras.json", "*.toml", "*.qca.txt", "*.xml", "intri.yml")
UNIT, OPTIONS = "unit", "options"


def find_units(options: DatasetOptions) -> list[Unit]:
    """The units of a run: those of the layout that ``only`` and ``shard`` leave.

    Raises:
        FileNotFoundError: Nothing of a known layout is there.
        ValueError: A table cannot be read, two units have one name, or nothing is left.
    """
    root = existing(options.root).resolve()
    if root.is_file():
        units = list(_table_units(root, options))
    else:
        units = list(_folder_units(root, options))
    if not units:
        raise FileNotFoundError(
            f"{root} holds no units of --task {options.task}: give a folder of AIST's videos, "
            "folders of cameras' videos (TAKE/CAMERA.mp4), EasyVolcap's images/CAMERA/, or a .csv "
            f"table with a column {UNIT!r}"
        )
    return chosen_units(units, options)


def chosen_units(
    units: Sequence[Unit], options: DatasetOptions, *, may_be_none: bool = False
) -> list[Unit]:
    """Those of the units that ``only`` and ``shard`` leave.

    Raises:
        ValueError: Two have one name, or ``only`` leaves none.
    """
    twice = [name for name, count in Counter(unit.name for unit in units).items() if count > 1]
    if twice:
        raise ValueError(f"{options.root} has two units of the name {twice[0]}: rename one")
    chosen = list(units)
    if options.only:
        chosen = [u for u in units if any(fnmatch(u.name, pattern) for pattern in options.only)]
        if not chosen and not may_be_none:
            raise ValueError(f"--only {' '.join(options.only)} leaves none of {len(units)} units")
    number, count = options.shard
    return chosen[number - 1 :: count]


def videos_below(folder: Path) -> list[Path]:
    """The videos in a folder, in natural order."""
    return natural_sorted(filter(is_video, folder.iterdir()))


def _folder_units(root: Path, options: DatasetOptions) -> Iterator[Unit]:
    task, given = options.task, options.task_options
    aist = aist_videos(root)
    if aist:
        yield from _aist_units(aist, options)
        return
    if (root / IMAGES).is_dir():
        # One scene, of which masks and plates are made together.
        yield Unit(root.name, task, {"video": root}, given)
        return
    scenes = [folder for folder in _folders(root) if (folder / IMAGES).is_dir()]
    if scenes:
        for scene in scenes:
            yield Unit(scene.name, task, {"video": scene}, given)
        return
    takes = [folder for folder in _folders(root) if videos_below(folder)]
    if not takes and videos_below(root):
        takes = [root]
    for take in takes:
        # A folder of videos by itself is a take, or videos that have nothing in common.
        prefix = "" if take == root else f"{take.name}/"
        if task in ("motion", "capture"):
            cameras = _calibration_of(take, root)
            found = {"videos": take} | ({"cameras": cameras} if cameras else {})
            yield Unit(take.name, task, found, given)
        else:
            for video in videos_below(take):
                yield Unit(f"{prefix}{video.stem}", task, {"video": video}, given)


def aist_videos(root: Path) -> list[Path]:
    """AIST's videos in a folder, or in the folder ``videos`` in it."""
    for folder in (root, root / "videos"):
        if folder.is_dir():
            found = [path for path in videos_below(folder) if is_video_of_aist(path.stem)]
            if found:
                return found
    return []


def _aist_units(videos: Sequence[Path], options: DatasetOptions) -> Iterator[Unit]:
    if options.task not in ("motion", "capture"):
        for video in videos:
            yield Unit(video.stem, options.task, {"video": video}, options.task_options)
        return
    sequences: dict[str, dict[str, Path]] = {}
    for video in videos:
        sequence, camera = sequence_of(video.stem)
        sequences.setdefault(sequence, {})[f"video {camera}"] = video
    for sequence, cameras in sequences.items():
        yield Unit(sequence, options.task, cameras, options.task_options)


def _calibration_of(take: Path, root: Path) -> Path | None:
    """The calibration of a take: its own, else that of all takes."""
    for folder in (take, root):
        for pattern in CALIBRATIONS:
            found = [path for path in natural_sorted(folder.glob(pattern)) if not is_hidden(path)]
            if found:
                return found[0]
    return None


def _folders(root: Path) -> list[Path]:
    return natural_sorted(path for path in root.iterdir() if path.is_dir() and not is_hidden(path))


def _table_units(table: Path, options: DatasetOptions) -> Iterator[Unit]:
    """A row a unit: its name, further options of the task, and paths relative to the table."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = reader.fieldnames or ()
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileError(table, f"is no table ({error})", "save it as .csv in UTF-8") from error
    if UNIT not in columns or len(columns) < 2:
        raise FileError(
            table,
            f"has the columns {', '.join(columns) or 'none'}",
            f"name one {UNIT!r}, one a kind of input (video, videos, keypoints, cameras), and, if "
            f"units have options of their own, one {OPTIONS!r}",
        )
    for number, row in enumerate(rows, 2):
        name = (row.get(UNIT) or "").strip()
        inputs = {
            column: (table.parent / value.strip()).resolve()
            for column, value in row.items()
            if column and column not in (UNIT, OPTIONS) and isinstance(value, str) and value.strip()
        }
        try:
            own = shlex.split(row.get(OPTIONS) or "")
            yield Unit(name, options.task, inputs, (*options.task_options, *own))
        except ValueError as error:
            raise FileError(table, f"line {number}: {error}", "mend the line") from error
