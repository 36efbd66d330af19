"""The folder that a run writes into: for it alone, and what it makes is put in place together."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from plugin_kit.files import load_json
from plugin_kit.held_folder import held_folder
from workflows.interruption import check_interrupted, note

__all__ = [
    "REPORT",
    "held_folder",
    "refuse_to_replace_foreign",
    "refuse_to_replace_inputs",
    "staged_outputs",
]

REPORT = "report.json"
STAGING = re.compile(r"\.unfinished-[0-9a-f]{12}")


@contextmanager
def staged_outputs(folder: Path, inputs: Sequence[Path] | None = None) -> Iterator[Path]:
    """A folder to write into, inside a folder that is held; its files are moved up at the end.

    When the work fails, what was finished is moved up too, unless an earlier run's results are
    there: those stay together.

    Args:
        folder: Where results are.
        inputs: What the run reads, where its results are the whole of the folder's: what an
            earlier run's report lists, this one did not write, and nobody changed, is removed, so
            that the files of three people do not outlive a run that found two. None leaves them.
    """
    for path in folder.glob(".unfinished-*"):
        if STAGING.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
    staging = folder / f".unfinished-{uuid.uuid4().hex[:12]}"
    staging.mkdir()
    has_earlier = (folder / REPORT).exists()
    try:
        yield staging
        check_interrupted()
        stale = [] if inputs is None else _unchanged(folder, _made_before(folder))
        kept = {*_finished(staging), *(path.name for path in stale if _is_one_of(path, inputs))}
        _move_up(staging, folder)
        for path in stale:
            if path.name not in kept:
                path.unlink()
    except BaseException:
        kept = _finished(staging)
        if has_earlier:
            lost = f"; what was finished of the new ones ({', '.join(kept)}) is not" if kept else ""
            note(f"Kept in {folder}: the earlier run's results, as they were{lost}.")
        else:
            _move_up(staging, folder)
            what = ", ".join(kept) if kept else "nothing, for nothing was finished"
            note(f"Kept in {folder}: {what}.")
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _finished(staging: Path) -> list[str]:
    """The names of what is whole."""
    return sorted(path.name for path in staging.iterdir() if not path.name.startswith("."))


def _is_one_of(path: Path, others: Iterable[Path] | None) -> bool:
    return any(path.samefile(other) for other in others or () if other.exists())


def _unchanged(folder: Path, names: Iterable[str]) -> list[Path]:
    """The files of these names that are as old as the report of the run that made them."""
    reported = (folder / REPORT).stat().st_mtime if names else 0.0
    paths = [folder / name for name in names if Path(name).name == name]
    return [
        path
        for path in paths
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime <= reported
    ]


def _move_up(staging: Path, folder: Path) -> None:
    for path in sorted(staging.iterdir()):
        if path.name.startswith("."):
            continue
        target = folder / path.name
        if path.is_dir() and target.exists():
            target.replace(staging / f".{path.name}-before")
        path.replace(target)


def refuse_to_replace_inputs(inputs: Mapping[str, Path | None], outputs: Iterable[Path]) -> None:
    """Refuse outputs that would take the place of an input, or of the folder that holds it.

    Args:
        inputs: What was given, by the option's name.
        outputs: The files and folders that will be written.

    Raises:
        ValueError: The text names both.
    """
    for output in filter(Path.exists, outputs):
        for option, path in inputs.items():
            if path is None or not path.exists():
                continue
            if path.samefile(output) or output.resolve() in path.resolve().parents:
                raise ValueError(
                    f"{option} {path} would be replaced by the output {output}: name another "
                    "--output"
                )


def refuse_to_replace_foreign(outputs: Iterable[Path], *, folders: bool) -> None:
    """Refuse outputs in whose place is what no earlier run made.

    A file may be replaced, a folder only if the report beside it says that a run made it, and if
    nothing else was put into it.

    Args:
        outputs: What will be written.
        folders: Whether these are folders of numbered pictures; else files.

    Raises:
        ValueError: The text names the output.
    """
    for output in outputs:
        if not folders and not output.is_dir():
            continue
        if not output.exists() and not output.is_symlink():
            continue
        if folders and output.is_dir() and not output.is_symlink():
            others = [p for p in output.iterdir() if not re.fullmatch(r"\d{6,}\.png", p.name)]
            if not others and (output.name in _made_before(output.parent) or _is_empty(output)):
                continue
        raise ValueError(
            f"{output} is there already and was not made by this command: remove it, or name "
            "another --output"
        )


def _is_empty(folder: Path) -> bool:
    return next(folder.iterdir(), None) is None


def _made_before(folder: Path) -> set[str]:
    """What the report of an earlier run says that it wrote."""
    try:
        files = load_json(folder / REPORT)["files"]
        return set(files.values() if isinstance(files, dict) else files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
