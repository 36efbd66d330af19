"""Find the people of videos, and write what was found."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from infer_people.people_files import (
    View,
    ViewFileOptions,
    ViewPeople,
    find_in_views,
    find_views,
    summary_of,
)
from infer_people.people_finding import FinderOptions, FramePeople, PeopleFinder
from plugin_kit.files import write_json
from workflows.interruption import was_interrupted
from workflows.output_folder import REPORT, held_folder
from workflows.screen import counting_bar, plain_console, say, unread_is_fine


def run_keypoints(
    videos: Sequence[Path],
    output: Path,
    options: FinderOptions,
    *,
    masks: Literal["none", "video", "png"] = "none",
    quiet: bool = False,
) -> dict[str, Any]:
    """Find the people of one video or folder of videos, or of several videos; return the report.

    Written are ``keypoints2d.npz`` (all views), ``openpose/`` (a JSON a frame and view),
    ``masks/`` if asked for, and ``report.json``.

    Raises:
        FileNotFoundError, ValueError: A video cannot be used; the text names it.
        OSError: An output cannot be written.
    """
    views = [view for video in videos for view in find_views(video)]
    names = [view.name.lower() for view in views]
    twice = next((view for view in views if names.count(view.name.lower()) > 1), None)
    if twice is not None:
        raise ValueError(f"two videos are called {twice.name}: rename one of them")
    total = sum(view.info.frame_count for view in views) or None
    with held_folder(output), _told_warnings() as warnings, counting_bar(quiet) as progress:
        bar = progress.add_task("people", total=total)

        def advance() -> bool:
            progress.advance(bar)
            return was_interrupted()

        found, rate = find_in_views(
            views,
            options,
            ViewFileOptions(str(output), "none" if masks == "none" else masks),
            finder_of=lambda wanted: PeopleFinder(wanted),
            should_stop=advance,
        )
        report = report_of(views, found, warnings)
        write_json(output / REPORT, {**report, "fps": float(rate)})
    if not quiet:
        _show(report, output)
    return report


def report_of(
    views: Sequence[View], found: Sequence[ViewPeople], warnings: Sequence[str]
) -> dict[str, Any]:
    """How many people each view has, how long, and how sure their keypoints are."""
    frames = sum(len(people.frames) for people in found)
    seen = sum(len(frame) for people in found for frame in people.frames)
    return {
        "frames": frames,
        "people_a_frame": seen / max(1, frames),
        "views": {
            view.name: {
                "video": str(view.info.path),
                "frames": len(people.frames),
                "frames_without_people": sum(not len(frame) for frame in people.frames),
                "keypoint_score": _mean_score(people.frames),
                "people": summary_of(people),
            }
            for view, people in zip(views, found, strict=True)
        },
        "warnings": list(dict.fromkeys(warnings)),
    }


def _mean_score(frames: Sequence[FramePeople]) -> float | None:
    scores = [frame.keypoints[..., 2].ravel() for frame in frames if len(frame)]
    return round(float(np.concatenate(scores).mean()), 3) if scores else None


def _show(report: dict[str, Any], output: Path) -> None:
    with unread_is_fine():
        console = plain_console()
        table = Table(title=f"{report['frames']} frames")
        for name in ("view", "people", "frames", "without people", "keypoint score"):
            table.add_column(name, justify="left" if name == "view" else "right")
        for name, view in report["views"].items():
            counts = len(view["people"]), view["frames"], view["frames_without_people"]
            table.add_row(name, *map(str, counts), str(view["keypoint_score"]))
        console.print(table)
        console.print(f"  {output}", soft_wrap=True)
        for warning in report["warnings"]:
            say(console, "warning:", warning)


@contextmanager
def _told_warnings() -> Iterator[list[str]]:
    """What is logged as a warning inside, instead of on the screen."""
    texts: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(record.getMessage())

    keeper, root = Keeper(logging.WARNING), logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [keeper]
    try:
        yield texts
    finally:
        root.handlers[:] = before
