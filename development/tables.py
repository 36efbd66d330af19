"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table


def new_table(title: str, columns: Sequence[str], *, words: int = 0) -> Table:
    """A table without rows; the first ``words`` columns hold words, the others numbers."""
    table = Table(title=title)
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < words else "right")
    return table
