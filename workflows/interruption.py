"""SIGINT and SIGTERM: one orderly end, from a command's first import to its last word.

Only what takes no time to load is imported here.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130
# How often an interruption is repeated where Ikomia may have swallowed it.
SECONDS = 2.0

_was_interrupted = threading.Event()
_is_watching = threading.Event()
_is_inside = threading.Event()
_notes: list[str] = []


def was_interrupted() -> bool:
    """Whether a signal came, even if its exception got lost."""
    return _was_interrupted.is_set()


def check_interrupted() -> None:
    """Raise KeyboardInterrupt if a signal came."""
    if was_interrupted():
        raise KeyboardInterrupt


def note(text: str) -> None:
    """Have a sentence told after ``Interrupted.``: what was kept, and where."""
    _notes.append(text)


def forget_notes() -> None:
    """Take back what was noted: the work that it was of is over."""
    _notes.clear()


def say_interrupted() -> int:
    """Tell the user, with what was noted; return the process's exit code."""
    print(" ".join(["Interrupted.", *(_notes or ["Nothing was written."])]), file=sys.stderr)
    forget_notes()
    return INTERRUPTED


@contextmanager
def watching() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first SIGINT or SIGTERM; later ones do not disturb the end."""
    if _is_watching.is_set() or threading.current_thread() is not threading.main_thread():
        yield
        return
    _is_watching.set()
    forget_notes()
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        with _silent_interruptions():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _is_watching.clear()
        _was_interrupted.clear()


@contextmanager
def _silent_interruptions() -> Iterator[None]:
    """Where Python can only print an interruption, in destructors and calls from other languages,
    nothing is printed: it is told at the end.
    """
    shown, unraisable = sys.excepthook, sys.unraisablehook

    def show(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        if not (was_interrupted() and issubclass(kind, KeyboardInterrupt)):
            shown(kind, error, at)

    def show_unraisable(told: Any) -> None:
        if not (was_interrupted() and issubclass(told.exc_type, KeyboardInterrupt)):
            unraisable(told)

    sys.excepthook, sys.unraisablehook = show, show_unraisable
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = shown, unraisable


@contextmanager
def insisting() -> Iterator[None]:
    """Where exceptions may get lost: what was interrupted is so again until it ends.

    Raises:
        KeyboardInterrupt: A signal came, whatever became of it.
    """
    _is_inside.set()
    try:
        yield
    except BaseException:
        _stop_insisting()
        check_interrupted()
        raise
    _stop_insisting()
    check_interrupted()


def run_program(module: str) -> NoReturn:
    """Run ``main`` of a command's module, and end the process with its exit code.

    Without the second that Ikomia and PyTorch take to clear up: nothing is left to be done then
    that a signal should end.
    """
    # Else threads of OpenMP spin while they wait, which on a busy machine takes from those that
    # work. It is read when PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with watching():
        try:
            code = importlib.import_module(module).main()
        except BaseException:
            if not was_interrupted():
                raise
            code = say_interrupted()
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):
                stream.flush()
        os._exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if was_interrupted():
        return
    _was_interrupted.set()
    if _is_inside.is_set() and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _insist)
        signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
    raise KeyboardInterrupt


def _insist(number: int, frame: FrameType | None) -> None:
    if _is_inside.is_set():
        raise KeyboardInterrupt


def _stop_insisting() -> None:
    _is_inside.clear()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
