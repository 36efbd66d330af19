"""A folder that one run writes into, and no other at the same time."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .files import prepare_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

logger = logging.getLogger(__name__)


@contextmanager
def held_folder(folder: Path, parameter: str = "--output") -> Iterator[None]:
    """Make ``folder`` if needed, and keep other runs out of it as long as this one goes on.

    Args:
        folder: Where this run writes.
        parameter: What the user calls it, for the message.

    Raises:
        OSError: It cannot be written, or another run writes into it; the text says which.
    """
    prepare_folder(folder)
    text = f"another run is writing into {folder}: wait for its end, or name another {parameter}"
    if fcntl is None:
        # An open file cannot be removed there; what a killed run left can.
        path = folder / ".in-use"
        try:
            path.unlink(missing_ok=True)
        except PermissionError as error:
            raise OSError(text) from error
        with path.open("x"):
            yield
        path.unlink()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(text) from error
        except OSError as error:
            logger.warning("%s cannot be held against other runs: %s", folder, error)
        yield
    finally:
        os.close(descriptor)
