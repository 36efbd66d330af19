"""Hand things to another thread without waiting for one that has ended."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TypeVar

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
