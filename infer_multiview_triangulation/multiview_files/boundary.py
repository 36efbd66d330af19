"""One kind of error for whatever is wrong with a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def told_of(source: str | Path, remedy: str) -> Iterator[None]:
    """Let what goes wrong inside end in a ValueError that names ``source`` and the ``remedy``.

    Errors that name it already, and those of what is not there or not installed, stay.
    """
    try:
        yield
    except (FileNotFoundError, ImportError):
        raise
    # Damaged files are met with errors of any kind, by this package's libraries as by itself.
    except Exception as error:
        if isinstance(error, ValueError) and str(source) in str(error):
            raise
        reason = str(error) or type(error).__name__
        raise ValueError(f"{source} cannot be read ({reason}): {remedy}") from error
