"""What the commands have in common: how they log, how they end, and in which words they fail."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable

from workflows.plugins import plain_reason, quiet_ikomia


def run_command(work: Callable[[], object]) -> int:
    """Do ``work`` and return the process's exit code: 0, 1 after an error, 130 if interrupted.

    An error that a user can mend becomes one line on standard error; others are raised.
    """
    # PyAV takes longer to load than the commands' --help.
    from av.error import FFmpegError

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_ikomia()
    # timeout, containers and schedulers send SIGTERM: that leaves nothing half-written either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        work()
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept, nothing is half-written.", file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError, FFmpegError) as error:
        print(f"Error: {plain_reason(str(error))}", file=sys.stderr)
        return 1
    return 0
