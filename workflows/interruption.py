"""End a command from outside as Ctrl+C does, so that nothing half-written stays behind."""

from __future__ import annotations

import signal


def interrupt_when_terminated() -> None:
    """Raise KeyboardInterrupt on SIGTERM, which ``timeout``, containers and schedulers send."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
