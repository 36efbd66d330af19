"""Read one file after another in a process of its own, and answer how each went.

``python -m development.fuzz.worker`` takes lines of JSON with ``reader`` and ``path``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from development.benchmarks.measuring import peak_mib
from development.fuzz.readers import OWN_ERRORS, READERS, impossible

MOST_MIB = 1024
# Room to ask for: what is asked for and never touched takes no memory.
ADDRESS_SPACE = 4 * 2**30
PAGE = resource.getpagesize()
REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST = 300


def pages() -> tuple[int, int]:
    """Bytes of address space, and of memory that is held, now."""
    total, held = Path("/proc/self/statm").read_text().split()[:2]
    return int(total) * PAGE, int(held) * PAGE


def judge(name: str, path: Path) -> dict[str, Any]:
    """Read ``path`` and say how it went: ``kind``, ``error`` (its type), ``text`` and ``where``."""
    reader = READERS[name]
    try:
        sort, fault = impossible(reader, reader.read(path))
    except BaseException as error:
        is_own = isinstance(error, OWN_ERRORS)
        kind = "refused" if is_own and names_file(str(error), path) else "foreign"
        return {
            "kind": "memory" if isinstance(error, MemoryError) else kind,
            "error": type(error).__name__,
            "text": str(error)[:LONGEST],
            "where": place_of(error) if kind == "foreign" else "",
        }
    return {"kind": "impossible" if fault else "read", "error": sort, "text": fault, "where": ""}


def names_file(text: str, path: Path) -> bool:
    """Whether a message says which file it is about."""
    inside = [file.name for file in path.rglob("*")] if path.is_dir() else []
    return str(path) in text or path.name in text or any(name in text for name in inside)


def place_of(error: BaseException) -> str:
    """Where in this project an error came through last, and where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = []
    for frame in frames:
        file = Path(frame.filename)
        is_ours = file.is_relative_to(REPOSITORY) and ".venv" not in file.parts
        if is_ours and "fuzz" not in file.parts:
            shown = [f"{file.relative_to(REPOSITORY).as_posix()}:{frame.name}"]
    last = frames[-1]
    return " < ".join([f"{Path(last.filename).name}:{last.name}", *shown])


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # What libraries print is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print("ready", file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        total, held = pages()
        resource.setrlimit(resource.RLIMIT_AS, (total + ADDRESS_SPACE, resource.RLIM_INFINITY))
        Path("/proc/self/clear_refs").write_text("5")
        start = time.monotonic()
        answer = judge(asked["reader"], Path(asked["path"]))
        answer["seconds"] = time.monotonic() - start
        answer["mib"] = peak_mib() - held / 2**20
        if answer["mib"] > MOST_MIB and not asked.get("is_warm_up"):
            answer |= {"kind": "memory", "text": f"{answer['mib']:.0f} MiB; {answer['text']}"}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
