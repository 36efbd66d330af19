"""Run an iterator in a thread of its own, a few items ahead of who consumes it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from workflows.media.queues import put_unless

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], ahead: int = 3) -> Iterator[Item]:
    """Yield ``items`` in order while the next ``ahead`` ones are being made.

    An exception of the source is raised here, after the items before it. When the consumer
    stops early the thread ends with it.
    """
    # Pairs of an item and None, and at the end one of None and what ended the source.
    ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(ahead)
    stopped = threading.Event()

    def produce() -> None:
        end: BaseException = StopIteration()
        try:
            for item in items:
                if not put_unless(stopped.is_set, ready, (item, None)):
                    return
        except BaseException as error:
            end = error
        put_unless(stopped.is_set, ready, (None, end))

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    try:
        while True:
            item, end = ready.get()
            if isinstance(end, StopIteration):
                return
            if end is not None:
                raise end
            yield item
    finally:
        stopped.set()
        thread.join(timeout=10)
