"""End long work when its user asks, by one exception that no handler of file errors catches."""

from collections.abc import Callable

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
