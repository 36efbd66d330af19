"""Several videos, one after another: each has a folder of its own, and none stops the others."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from av.error import FFmpegError
from rich.console import Console
from rich.table import Table

from plugin_kit.files import VIDEO_SUFFIXES, is_hidden, natural_sorted
from workflows.interruption import forget_notes, note, was_interrupted
from workflows.matting.options import ChainOptions
from workflows.matting.report import Report
from workflows.matting.resume import earlier_result
from workflows.media.source import holds_pictures
from workflows.plugins import plain_reason
from workflows.screen import unread_is_fine

SUFFIXES = frozenset((*VIDEO_SUFFIXES, ".flv", ".gif", ".ogv"))
# What is a video's own fault, and no reason not to try the next.
FAILURES = (OSError, ValueError, RuntimeError, FFmpegError)
CAMERAS = "images"


@dataclass
class Entry:
    """One video of a batch, and what became of it.

    Attributes:
        source: A video, a folder of pictures, or an EasyVolcap root.
        folder: Where its results go.
        state: Also ``passed over``, where the same results were there already.
        frames, seconds: What was worked on, and how long.
        text: Why it failed, or how many warnings its report has.
    """

    source: Path
    folder: Path
    state: Literal["waiting", "done", "passed over", "failed", "interrupted"] = "waiting"
    frames: int = 0
    seconds: float = 0.0
    text: str = ""


@dataclass
class Batch:
    """Videos that are worked on one after another.

    Args:
        options: For all of them; ``video`` is none of them, ``output`` the folder of their folders.
        run: Works on one, and returns its report.
        again: Whether results that are there already are made anew.
    """

    options: ChainOptions
    run: Callable[[ChainOptions], Report]
    again: bool = False
    entries: list[Entry] = field(default_factory=list)

    def work(self, sources: Sequence[Path]) -> int:
        """Work on all of them; return the process's exit code, 1 where one failed.

        Raises:
            ValueError: Two of them would have the same folder, or one its own pictures'.
            KeyboardInterrupt: What was done until then is noted for the user.
        """
        folders = folders_of(sources, self.options.output)
        self.entries = [Entry(s, f) for s, f in zip(sources, folders, strict=True)]
        try:
            for number, entry in enumerate(self.entries, 1):
                self._say(f"{number}/{len(self.entries)} {entry.source}")
                self._one(entry)
        finally:
            self.show()
        return int(any(entry.state == "failed" for entry in self.entries))

    def _one(self, entry: Entry) -> None:
        own = replace(self.options, video=entry.source, output=entry.folder)
        begin = time.perf_counter()
        try:
            earlier = None if self.again else earlier_result(own)
            if earlier is not None:
                entry.state, entry.frames = "passed over", earlier.get("frames", 0)
                entry.text = "made before, of the same video by the same options (--again redoes)"
                self._say(f"  passed over: {entry.text}")
                return
            report = self.run(own)
            entry.state, entry.frames = "done", report.frames
            if report.warnings:
                entry.text = f"{len(report.warnings)} warnings, see its report.json"
        except BaseException as error:
            if was_interrupted() or not isinstance(error, FAILURES):
                entry.state = "interrupted"
                note(self._summary())
                raise
            forget_notes()
            entry.state, entry.text = "failed", plain_reason(str(error))
            print(f"Error: {entry.text}", file=sys.stderr)
        finally:
            entry.seconds = time.perf_counter() - begin

    def _summary(self) -> str:
        count = Counter(entry.state for entry in self.entries)
        words = ("done", "passed over", "failed", "interrupted", "waiting")
        parts = [f"{count[word]} {word}" for word in words if count[word]]
        return f"Of {len(self.entries)} videos: {', '.join(parts)}. The same command goes on there."

    def _say(self, text: str) -> None:
        if not self.options.quiet:
            print(text, file=sys.stderr)

    def show(self) -> None:
        """Print what became of each."""
        if self.options.quiet:
            return
        table = Table(title=f"{len(self.entries)} videos")
        for name in ("video", "folder", "result", "frames", "seconds"):
            table.add_column(name, justify="right" if name in ("frames", "seconds") else "left")
        for entry in self.entries:
            figures = (str(entry.frames or ""), f"{entry.seconds:.1f}" if entry.seconds else "")
            table.add_row(entry.source.name, entry.folder.name, entry.state, *figures)
        with unread_is_fine():
            console = Console()
            console.print(table, markup=False)
            for entry in filter(lambda each: each.text, self.entries):
                console.print(f"{entry.folder.name}: {entry.text}", markup=False, highlight=False)


def sources_of(paths: Sequence[Path]) -> list[Path]:
    """The videos that ``paths`` name, each once: a folder of videos stands for those in it.

    A folder of pictures is one video, and so is an EasyVolcap root.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for each in videos_in(path) or [path]:
            found.setdefault(each.resolve(), each)
    return list(found.values())


def videos_in(path: Path) -> list[Path]:
    """The videos of a folder in natural order; nothing where it is no folder of videos."""
    if not path.is_dir() or holds_pictures(path) or (path / CAMERAS).is_dir():
        return []
    videos = [p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not is_hidden(p)]
    return natural_sorted([p for p in videos if p.is_file()])


def folders_of(sources: Sequence[Path], output: Path) -> list[Path]:
    """Where the results of each go: below ``output``, by its name without its ending.

    Names that are the same keep their endings, and then have that of the folder before them.

    Raises:
        ValueError: They are the same even so, or a folder of pictures is to have its own results.
    """
    ways: tuple[Callable[[Path], str], ...] = (
        lambda path: path.stem if path.is_file() else path.name,
        lambda path: path.name,
        lambda path: f"{path.absolute().parent.name}_{path.name}",
    )
    names = [ways[0](path) for path in sources]
    for way in ways[1:]:
        count = Counter(name.lower() for name in names)
        names = [
            way(path) if count[name.lower()] > 1 else name
            for path, name in zip(sources, names, strict=True)
        ]
    for name, many in Counter(name.lower() for name in names).items():
        if many > 1:
            raise ValueError(
                f"{many} of the videos would have the folder {output / name}: rename one, or run "
                "them apart with different --output"
            )
    folders = [output / name for name in names]
    for path, folder in zip(sources, folders, strict=True):
        if folder.resolve() == path.resolve():
            raise ValueError(
                f"the results of {path} would go into that very folder: name another --output"
            )
    return folders
