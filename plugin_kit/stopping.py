"""End long work when its user asks, by one exception that no handler of file errors catches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ShouldStop = Callable[[], bool]


class Stopped(Exception):
    """The user ended the work; nothing of it was published or written."""


def never() -> bool:
    """For callers that stop nothing."""
    return False


def check_stop(should_stop: ShouldStop, work: str) -> None:
    """Raise Stopped, naming ``work``, where ``should_stop`` says so."""
    if should_stop():
        raise Stopped(f"{work} was stopped")


_asked: ContextVar[ShouldStop] = ContextVar("should_stop", default=never)


@contextmanager
def stoppable(should_stop: ShouldStop) -> Iterator[None]:
    """Let :func:`check_stop_inside` ask ``should_stop``, however deep in the work it stands.

    For solvers that are reached through many functions, none of which has to do with stopping.
    """
    before = _asked.set(should_stop)
    try:
        yield
    finally:
        _asked.reset(before)


def check_stop_inside(work: str) -> None:
    """Raise Stopped, naming ``work``, where who began it with :func:`stoppable` wants it to end."""
    check_stop(_asked.get(), work)
