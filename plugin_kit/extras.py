"""Packages that a choice of the user's needs, and the defaults do not."""

from importlib.util import find_spec


def check_installed(asked: str, *packages: str, instead: str) -> None:
    """See that ``packages`` are there; they are not imported.

    Args:
        asked: What needs them: a parameter with its value, or a file.
        packages: Names that are the same for ``import`` and for pip.
        instead: What does without them, as it is told after "or".

    Raises:
        ImportError: One is missing; the text has the line for pip.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"{asked} needs {' and '.join(missing)}, which the defaults do not: "
            f"pip install {' '.join(missing)}, or {instead}"
        )
