"""What every example begins with: where the plugins are, what to work on, where results go."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# An example is run by its path, so that Python looks for modules in this folder alone.
sys.path.insert(0, str(REPOSITORY))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from workflows.plugins import quiet_ikomia  # noqa: E402


@dataclass(frozen=True)
class Given:
    """What was asked for.

    Attributes:
        input: A file or folder of yours; None: the example draws one.
        output: The folder for results; it exists.
    """

    input: Path | None
    output: Path


def begin(about: str | None, file: str) -> Given:
    """Read ``[INPUT] [--output FOLDER]`` from the command line, and keep Ikomia from chatting.

    Args:
        about: The example's docstring.
        file: Its ``__file__``, after which its folder of results is called.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("input", nargs="?", type=Path, help="of yours; else one is drawn")
    usual = REPOSITORY / "output" / "examples" / Path(file).stem
    parser.add_argument("--output", type=Path, default=usual, metavar="FOLDER")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    quiet_ikomia()
    return Given(given.input, given.output)
