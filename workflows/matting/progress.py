"""Bars on standard error for work that is not a pass over frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def share_bar(label: str, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar with the time left, for work that tells the share that is done, 0 to 1."""
    columns = (
        TextColumn("{task.description:>8}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=quiet, console=Console(stderr=True)) as progress:
        bar = progress.add_task(label, total=1.0)
        yield lambda share: progress.update(bar, completed=share)


@contextmanager
def waiting(label: str, quiet: bool) -> Iterator[None]:
    """A sign of life, with the time that has passed, for work that cannot tell how far it is."""
    columns = (
        TextColumn("{task.description:>8}", markup=False),
        SpinnerColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    # Elsewhere it would leave an empty line.
    disable = quiet or not console.is_terminal
    with Progress(*columns, disable=disable, console=console, transient=True) as progress:
        progress.add_task(label, total=None)
        yield
