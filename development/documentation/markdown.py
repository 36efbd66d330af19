"""Tables and sections of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CODE = re.compile(r"(`[^`]*`)")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as Python-Markdown reads it: bars are escaped, but not in code; lines are joined."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    parts = CODE.split(" ".join(text.split()).replace("\\|", "|"))
    return "".join(
        part if index % 2 else part.replace("|", "\\|") for index, part in enumerate(parts)
    )


def section(text: str, heading: str) -> str:
    """What stands below the heading ``## heading``, up to the next of its level.

    Raises:
        ValueError: There is no such heading.
    """
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if found is None:
        raise ValueError(f"there is no heading '## {heading}'")
    return found[1].strip() + "\n"


def find_table(text: str, head: str) -> str | None:
    """The table whose first cells are ``head``, such as ``# | output``; None without."""
    found = re.search(rf"^\| {re.escape(head)} \|.*\n(?:\|.*(?:\n|\Z))+", text, re.M)
    return found and found[0].rstrip("\n")


def cells(row: str) -> list[str]:
    """The cells of a table's row."""
    parts = CODE.split(row.strip().strip("|"))
    hidden = [part.replace("|", "\0") if index % 2 else part for index, part in enumerate(parts)]
    found = re.split(r"(?<!\\)\|", "".join(hidden))
    return [cell.strip().replace("\0", "|") for cell in found]
