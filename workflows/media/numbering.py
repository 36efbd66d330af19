"""The numbers in the names of a folder's pictures, and which of them are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

NUMBER = re.compile(r"(.*?)(\d{1,18})(\D*)")
MOST_SHOWN = 5


def picture_numbers(pictures: Sequence[Path]) -> tuple[int, ...]:
    """The last number in each name; nothing where they are not numbered in one way.

    Args:
        pictures: In their order. The numbers have to grow, and what stands around them to stay.
    """
    matches = [NUMBER.fullmatch(path.stem) for path in pictures]
    found = [match for match in matches if match]
    if len(found) < len(pictures) or len({(m[1], m[3]) for m in found}) > 1:
        return ()
    numbers = tuple(int(match[2]) for match in found)
    return numbers if all(before < after for before, after in pairwise(numbers)) else ()


def missing_numbers(numbers: Sequence[int]) -> str:
    """Which numbers are left out, in words; empty where none is.

    Numbers that go on in equal steps leave out nothing, and where steps are no multiples of one
    another they are times or the like.
    """
    steps = {after - before for before, after in pairwise(numbers)}
    step = min(steps, default=1)
    if any(each % step for each in steps):
        return ""
    gaps = [
        (before + step, after - step)
        for before, after in pairwise(numbers)
        if after - before > step
    ]
    if not gaps:
        return ""
    shown = [f"{a}" if a >= b else f"{a} to {b}" for a, b in gaps[:MOST_SHOWN]]
    more = f" and {len(gaps) - MOST_SHOWN} more gaps" if len(gaps) > MOST_SHOWN else ""
    return f"no pictures are numbered {', '.join(shown)}{more}"
