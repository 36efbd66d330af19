"""Run an iterator in a thread of its own, a few items ahead of who consumes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")

AHEAD = 3


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """Yield ``items`` in order while a thread makes the next ones.

    An exception of the source is raised here, after the items before it. When the consumer
    stops early the thread ends with it.
    """
    source, end = iter(items), object()
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        waiting: deque[Any] = deque(pool.submit(next, source, end) for _ in range(AHEAD))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, source, end))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
