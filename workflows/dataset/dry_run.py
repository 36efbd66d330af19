"""What a run would do, and how long it would take by what was done before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from workflows.dataset.options import DatasetOptions
from workflows.dataset.runner import DIGESTS, own_folder
from workflows.dataset.units import RECORD, Digests, Unit, is_done, key_of, record_of
from workflows.screen import unread_is_fine

SAMPLES = 100


def show_plan(options: DatasetOptions, units: Sequence[Unit]) -> None:
    """Print every unit with what would become of it, and the time that is to be expected."""
    digests = Digests(own_folder(options) / DIGESTS)
    lines, missing = [], 0
    for unit in units:
        try:
            is_over = is_done(options.output / unit.name, key_of(unit, digests))
            state = "done" if is_over else "to do"
        except OSError as error:
            is_over, state = False, f"cannot be begun: {error}"
        missing += not is_over
        lines.append(f"{unit.name}  {state}")
    seconds = expected_seconds(options.output, options.task)
    workers = options.workers or options.local_workers
    with unread_is_fine():
        console = Console(highlight=False)
        for line in lines:
            console.print(line, soft_wrap=True, markup=False)
        console.print(f"{missing} of {len(units)} units are to be done, {workers} at once")
        if seconds is None:
            console.print("how long they take is not known before the first of them is done")
        else:
            total = missing * seconds / workers
            console.print(
                f"about {total / 60:.1f} minutes, at {seconds:.1f} s a unit in the median of those "
                "that are done"
            )


def expected_seconds(output: Path, task: str) -> float | None:
    """The median time of a unit of a task, of those that are done; None where none is."""
    seconds = [
        float(record["seconds"])
        for record in map(record_of, _unit_folders(output))
        if record is not None and record.get("task") == task and "seconds" in record
    ]
    return statistics.median(seconds) if seconds else None


def _unit_folders(output: Path) -> Iterable[Path]:
    for count, record in enumerate(output.rglob(RECORD)):
        if count >= SAMPLES:
            return
        yield record.parent
