"""Print code that the source holds more than once, as pylint's checker of similarities finds it.

``python -m development.tools.dupes`` leaves out the tests and the copies of the kit.
"""

from __future__ import annotations

import argparse
import os

from pylint import run_symilar

from development.tools.source import REPOSITORY, source_files

IGNORED = ("imports", "docstrings", "comments", "signatures")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--lines", type=int, default=8, help="that are alike at least (default 8)")
    given = parser.parse_args()
    os.chdir(REPOSITORY)
    options = [f"--duplicates={given.lines}", *(f"--ignore-{part}" for part in IGNORED)]
    run_symilar([*options, *(path.as_posix() for path in source_files())])
