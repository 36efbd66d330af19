"""Count what the type checker finds in each room, and hold it to what ``type_errors.json`` allows.

A room is a folder at the top, or an engine: a package inside a plugin. The kit and the engines are
allowed nothing; for the other rooms the file says how many errors are left. ``python -m
development.tools.type_gate`` ends with 1 where a room has more than that, and prints them;
``--update`` lowers the numbers of the file, and never raises one. What is found depends on the
types that numpy and PyTorch ship, so the gate judges one Python's versions only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from development.tools.source import KIT, REPOSITORY, room_of

ALLOWED = REPOSITORY / "development" / "tools" / "type_errors.json"
JUDGED = (3, 11)


@dataclass(frozen=True)
class TypeFault:
    """One error of the type checker.

    Attributes:
        path: The file, below the repository.
        line: Counted from 1.
        text: What is wrong; further lines explain.
    """

    path: Path
    line: int
    text: str

    @property
    def room(self) -> str:
        return room_of(self.path)

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.text.splitlines()[0]}"


def is_strict(room: str) -> bool:
    """Whether a room is the kit or an engine, and so is allowed nothing."""
    return room == KIT or "/" in room


def check_types() -> list[TypeFault]:
    """The errors of the whole source, as pyproject.toml sets the checker up.

    Raises:
        RuntimeError: The checker could not do its work; the text is its own.
    """
    command = [sys.executable, "-m", "basedpyright", "--outputjson"]
    command += ["--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    try:
        found = json.loads(done.stdout)["generalDiagnostics"]
    except (ValueError, KeyError) as error:
        raise RuntimeError(done.stderr or done.stdout or str(error)) from error
    return [
        TypeFault(
            Path(one["file"]).relative_to(REPOSITORY),
            one["range"]["start"]["line"] + 1,
            one["message"],
        )
        for one in found
        if one["severity"] == "error"
    ]


def count_rooms(faults: Iterable[TypeFault]) -> dict[str, int]:
    """How many errors each room has, by its name; rooms without any are left out."""
    return dict(sorted(Counter(fault.room for fault in faults).items()))


def read_allowed(path: Path = ALLOWED) -> dict[str, int]:
    """How many errors each room may have.

    Raises:
        ValueError: The file allows some to the kit or an engine, or is no such file.
    """
    allowed = json.loads(path.read_text(encoding="utf-8"))
    for room, count in allowed.items():
        if is_strict(room) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{path.name}: {room} cannot be allowed {count!r} errors")
    return allowed


def lowered(allowed: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    """The smaller number of each room; rooms that have come to zero are left out."""
    least = {room: min(count, counts.get(room, 0)) for room, count in allowed.items()}
    return {room: count for room, count in least.items() if count}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--update", action="store_true", help="lower what is allowed")
    parser.add_argument("--show", metavar="ROOM", help="print all errors of this room too")
    given = parser.parse_args(arguments)
    if sys.version_info[:2] != JUDGED:
        print("types are judged with Python {}.{} only".format(*JUDGED))
        return 0
    faults = check_types()
    counts, allowed = count_rooms(faults), read_allowed()
    over = {room for room, count in counts.items() if count > allowed.get(room, 0)}
    for fault in faults:
        if fault.room in over | {given.show}:
            print(fault)
    for room in sorted(counts.keys() | allowed.keys()):
        mark = "  too many" if room in over else ""
        print(f"{counts.get(room, 0):4d} of {allowed.get(room, 0):4d}  {room}{mark}")
    print(f"{len(faults)} type errors, {sum(allowed.values())} allowed")
    less = lowered(allowed, counts)
    if given.update and less != allowed:
        ALLOWED.write_text(json.dumps(less, indent=2) + "\n", encoding="utf-8")
    elif less != allowed:
        print("fewer than allowed: python -m development.tools.type_gate --update")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
