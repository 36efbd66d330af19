"""Hand things from one thread to another, without waiting for one that has ended."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")

PATIENCE_SECONDS = 0.2


def put_unless(has_ended: Callable[[], bool], waiting: queue.Queue[Item], item: Item) -> bool:
    """Put ``item`` as soon as there is room; False where nobody takes it any more."""
    while not has_ended():
        try:
            waiting.put(item, timeout=PATIENCE_SECONDS)
            return True
        except queue.Full:
            continue
    return False


def prefetch(items: Iterable[Item], ahead: int = 3) -> Iterator[Item]:
    """Yield ``items`` in order while a thread makes the next ``ahead`` ones.

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
