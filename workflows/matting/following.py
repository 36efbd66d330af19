"""Work in order in a thread of its own, behind the networks, which need not wait for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

# Frames that wait for what follows their networks.
MOST_BEHIND = 2


class Following:
    """Does work in order in a thread of its own, a little behind; the networks need not wait.

    What fails is raised by the next call.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def do(self, work: Callable[..., None], *given: object) -> None:
        """Have it done; wait where too much is waiting already."""
        self._pending.append(self._pool.submit(work, *given))
        while len(self._pending) > MOST_BEHIND:
            self._pending.popleft().result()

    def wait(self) -> None:
        """Until all is done."""
        while self._pending:
            self._pending.popleft().result()
