"""Run an iterator in a thread of its own, a few items ahead of who consumes it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], ahead: int = 3) -> Iterator[Item]:
    """Yield ``items`` in order while the next ``ahead`` ones are being made.

    An exception of the source is raised here, after the items before it. When the consumer
    stops early the thread ends with it.
    """
    ready: queue.Queue = queue.Queue(ahead)
    stopped = threading.Event()
    end = object()

    def offer(item: object) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for item in items:
                offer((item, None))
                if stopped.is_set():
                    return
            offer((end, None))
        except BaseException as error:
            offer((end, error))

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        stopped.set()
        thread.join(timeout=10)
