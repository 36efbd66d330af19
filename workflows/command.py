"""What the commands have in common: how they log, how they end, and in which words they fail."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from workflows.interruption import say_interrupted, was_interrupted, watching
from workflows.plugins import plain_reason

# The program of the installed package, with the commands as its first argument.
INSTALLED = "human-capture"


def program(name: str) -> str:
    """How the command ``name`` is called, as its usage says: as the one that runs was called."""
    called = Path(sys.argv[0]).name.split()
    return f"{INSTALLED} {name}" if called[:1] == [INSTALLED] else f"python -m workflows.{name}"


def run_command(work: Callable[[], object]) -> int:
    """Do ``work`` and return the process's exit code: 0, 1 after an error, 130 if interrupted.

    A number that ``work`` returns is the code.

    An error that a user can mend becomes one line on standard error; others are raised.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with watching():
        try:
            done = work()
        except KeyboardInterrupt:
            return say_interrupted()
        except Exception as error:
            if was_interrupted():
                return say_interrupted()
            # PyAV takes longer to load than the commands' --help.
            from av.error import FFmpegError

            if not isinstance(error, (OSError, ValueError, RuntimeError, FFmpegError)):
                raise
            print(f"Error: {plain_reason(str(error))}", file=sys.stderr)
            return 1
        if was_interrupted():
            return say_interrupted()
        return done if isinstance(done, int) else 0
