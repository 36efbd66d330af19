"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table


def new_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: int = 0,
    caption: str | None = None,
) -> Table:
    """A table whose first ``words`` columns hold words, the others numbers."""
    table = Table(title=title, caption=caption)
    for index, column in enumerate(columns):
        # A narrow terminal folds what is too long, and loses no digit of it.
        table.add_column(column, justify="left" if index < words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
