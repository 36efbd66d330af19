"""``python -m workflows.dataset.worker``: the process of one unit."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflows.dataset.units import Unit
from workflows.dataset.work import end_with_parent, perform


def main() -> None:
    """Do what standard input says."""
    work_on(json.loads(sys.stdin.buffer.read()))


def work_on(asked: Mapping[str, Any]) -> None:
    """Do what was asked, write how it ended to the file that is named, and end the process.

    Args:
        asked: A :class:`workflows.dataset.processes.Request`, as JSON has it.
    """
    if os.name == "posix":
        end_with_parent(asked["parent"])
    result = perform(
        Unit.from_json(asked["unit"]),
        asked["key"],
        output=Path(asked["output"]),
        staging=Path(asked["staging"]),
        limit=asked["limit"],
    )
    answer = Path(asked["answer"])
    beside = answer.with_suffix(".part")
    beside.write_text(json.dumps(vars(result), default=str))
    beside.replace(answer)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Without the seconds that libraries take to clear up.
    os._exit(0)


if __name__ == "__main__":
    main()
