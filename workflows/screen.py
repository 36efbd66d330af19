"""Standard output, which may be read by nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@contextmanager
def unread_is_fine() -> Iterator[None]:
    """Print inside: that nobody reads standard output any more is no failure."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # rich makes the one of the other. Python would complain once more at its end.
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain_console() -> Console:
    """Standard output, on which brackets and colons in the names of files are no markup."""
    # --help does not wait for it.
    from rich.console import Console

    return Console(markup=False, emoji=False)


def say(console: Console, word: str, text: str, *, style: str = "yellow") -> None:
    """Print a line that begins with a word in a colour."""
    from rich.text import Text

    console.print(Text.assemble((word, style), " ", text), soft_wrap=True)


def counting_bar(quiet: bool) -> Progress:
    """A bar on standard error for things that are counted, with the time that is left."""
    # --help does not wait for it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>8}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, disable=quiet, console=Console(stderr=True))
