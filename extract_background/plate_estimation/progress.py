"""How far an estimation is: one share out of several passes over frames and tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
# Takes the share that is done, 0 to 1, which never falls.
Progress = Callable[[float], None]


def silent(share: float) -> None:
    """For callers that show nothing."""


def part(progress: Progress, begin: float, end: float) -> Progress:
    """Tells the share of a part of the work as one of the whole."""
    return lambda share: progress(begin + (end - begin) * share)


class Meter:
    """Tells how much is done of passes that take known parts of the time.

    Args:
        tell: Told after each step.
        parts: What each pass takes, in any unit; passes beyond them count nothing.
    """

    def __init__(self, tell: Progress = silent, parts: Sequence[float] = ()) -> None:
        self._tell = tell
        self._parts = list(parts)
        self._whole = sum(parts)
        self._done = 0.0

    def over(self, items: Iterable[Item], count: int) -> Iterator[Item]:
        """Yield ``items``, ``count`` of them, as the next pass."""
        part = self._parts.pop(0) / self._whole if self._parts else 0.0
        begin = self._done
        for index, item in enumerate(items, 1):
            yield item
            self._done = begin + part * min(1.0, index / max(1, count))
            self._tell(min(1.0, self._done))
        self._done = begin + part
