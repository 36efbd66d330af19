"""The units of a data set: what each is made of, and how to tell that it is done already."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plugin_kit.files import existing, load_json, write_json

# Beside what a unit has made: how it was made.
RECORD = "unit.json"
CHUNK = 2**20
WRITTEN_EVERY = 60.0
NAME = re.compile(r"[^/\\:*?\"<>|\0]+(/[^/\\:*?\"<>|\0]+)*")


@dataclass(frozen=True)
class Unit:
    """One take or one video, and what is to be done with it.

    Attributes:
        name: Also its folder below the output; slashes make folders.
        task: A name of :data:`workflows.dataset.work.TASKS`, or ``package.module:function``.
        inputs: Files and folders by what they are, absolute.
        options: Of the task's command, as on its command line.
    """

    name: str
    task: str
    inputs: Mapping[str, Path] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = self.name.split("/")
        if not NAME.fullmatch(self.name) or any(part.startswith(".") for part in parts):
            raise ValueError(f"the unit {self.name!r} cannot be the name of a folder: rename it")

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "inputs": {key: str(path) for key, path in self.inputs.items()}}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Unit:
        inputs = {key: Path(path) for key, path in content["inputs"].items()}
        return cls(content["name"], content["task"], inputs, tuple(content["options"]))


class Digests:
    """The contents of files as short texts, which a file remembers from run to run.

    A file whose size and time have not changed is not read again.

    Args:
        path: Where they are remembered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[Any]] = {}
        self._is_changed = False
        self._written = time.monotonic()
        with suppress(OSError, ValueError):
            known = load_json(path)
            self._known = known if isinstance(known, dict) else {}

    def of(self, path: Path) -> str:
        """The digest of a file, or of all files below a folder with their names.

        Raises:
            FileNotFoundError: There is nothing.
        """
        if existing(path).is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            return _digest(f"{file.relative_to(path).as_posix()} {self.of(file)}" for file in files)
        state = path.stat()
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:2] == [state.st_size, state.st_mtime_ns]:
            return str(known[2])
        digest = hashlib.blake2b(digest_size=16)
        with path.open("rb") as handle:
            while chunk := handle.read(CHUNK):
                digest.update(chunk)
        self._known[str(path)] = [state.st_size, state.st_mtime_ns, digest.hexdigest()]
        self._is_changed = True
        return digest.hexdigest()

    def write(self) -> None:
        """Remember what is known."""
        if self._is_changed:
            write_json(self._path, self._known)
            self._is_changed = False
        self._written = time.monotonic()

    def write_seldom(self) -> None:
        """The same at most once a minute: a run that is killed has not read all files in vain."""
        if time.monotonic() - self._written > WRITTEN_EVERY:
            self.write()


def key_of(unit: Unit, digests: Digests) -> str:
    """What a unit's result depends on, as one text: the task, its options, its inputs' contents."""
    inputs = {key: digests.of(path) for key, path in sorted(unit.inputs.items())}
    return _digest([json.dumps([unit.task, list(unit.options), inputs])])


def record_of(folder: Path) -> dict[str, Any] | None:
    """How a unit's folder was made; None where it is not whole, or not a unit's."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def is_done(folder: Path, key: str) -> bool:
    """Whether the folder holds all that the unit of this key makes."""
    record = record_of(folder)
    return (
        record is not None
        and record.get("key") == key
        and all((folder / name).exists() for name in record.get("files", ()))
    )


def _digest(lines: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
