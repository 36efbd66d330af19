"""The mutation campaign: damaged inputs to every reader, in worker processes that may die."""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from development.fuzz.mutations import damage
from development.fuzz.patience import Patience
from development.fuzz.readers import READERS
from development.fuzz.worker import MOST_MIB
from workflows.plugins import REPOSITORY

LIMIT_SECONDS = 10.0
# Loading a reader's libraries takes longer than reading.
WARM_UP_SECONDS = 120.0
# After so many inputs a good one has to be read still: none may change the reader for the others.
RECHECKED = 50
GOOD = ("read", "refused")
BAD = ("foreign", "impossible", "hang", "memory", "crash")


@dataclass(frozen=True)
class Outcome:
    """How the reading of one damaged input went.

    Attributes:
        reader, number: Which input; with the campaign's seed they make it again.
        how: The damage.
        kind: One of :data:`GOOD` or :data:`BAD`.
        error, text, where: The exception's type, its message and its place.
    """

    reader: str
    number: int
    how: str
    kind: str
    error: str = ""
    text: str = ""
    where: str = ""

    @property
    def fault(self) -> tuple[str, ...]:
        """What faults of one cause have in common."""
        return (self.reader, self.kind, self.error, self.where)


class Worker:
    """A process that reads; a new one takes the place of one that died."""

    def __init__(self, module: str = "development.fuzz.worker") -> None:
        self._module = module
        self._process: subprocess.Popen | None = None
        self._warm: set[str] = set()
        self._count = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def warm_up(self, reader: str, seeds: Sequence[Path]) -> list[dict[str, Any]]:
        """Load what a reader needs, by its good inputs; return what it said of them."""
        answers = [self._ask(reader, seed, WARM_UP_SECONDS, True) for seed in seeds]
        self._warm.add(reader)
        return answers

    def read(self, reader: str, path: Path, seeds: Sequence[Path]) -> dict[str, Any]:
        """Let ``path`` be read within the limits; return how it went."""
        if reader not in self._warm:
            self.warm_up(reader, seeds)
        answer = self._ask(reader, path, LIMIT_SECONDS, False)
        self._count += 1
        if self._count % RECHECKED == 0 and reader in self._warm and seeds:
            again = self._ask(reader, seeds[0], LIMIT_SECONDS, False)
            if again["kind"] != "read":
                text = f"after bad ones, the good {seeds[0].name} is {again['kind']}"
                return {"kind": "impossible", "error": "spoilt", "text": text}
        return answer

    def _ask(self, reader: str, path: Path, limit: float, is_warm_up: bool) -> dict[str, Any]:
        process = self._started()
        assert process.stdin and process.stdout
        asked = {"reader": reader, "path": str(path), "is_warm_up": is_warm_up}
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        watched = psutil.Process(process.pid)
        patience = Patience(watched, limit)
        held = watched.memory_info().rss
        while not select.select([process.stdout], [], [], 0.05)[0]:
            grown = (_held(watched) - held) / 2**20
            if patience.is_over() or (grown > MOST_MIB and not is_warm_up):
                self._end()
                late = {"kind": "hang", "text": f"more than {limit:.0f} s of CPU time, or idle"}
                return late if grown <= MOST_MIB else {"kind": "memory", "text": f"{grown:.0f} MiB"}
        line = process.stdout.readline()
        if line:
            return json.loads(line)
        code = process.wait()
        self._end()
        return {"kind": "crash", "error": signal_name(code), "text": f"exit code {code}"}

    def _started(self) -> subprocess.Popen:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=REPOSITORY,
                env={**os.environ, **QUIET, "PYTHONPATH": str(REPOSITORY)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdout
            if self._process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"{self._module} does not start")
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process, self._warm = None, set()


QUIET = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENCV_LOG_LEVEL": "SILENT",
}


def _held(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def signal_name(code: int) -> str:
    """The signal that an exit code stands for, if any."""
    return signal.Signals(-code).name if code < 0 else ""


@dataclass
class Campaign:
    """Damaged inputs, made from a seed.

    Attributes:
        seed: Of all damage.
        folder: Where the good inputs and the damaged ones lie while they are read.
        kept: Where bad ones stay; None keeps none.
    """

    seed: int
    folder: Path
    kept: Path | None = None
    _seeds: dict[str, list[Path]] = field(default_factory=dict)
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def seeds_of(self, reader: str) -> list[Path]:
        """The good inputs of a reader, drawn once."""
        with self._drawing:
            if reader not in self._seeds:
                folder = self.folder / "seeds" / reader
                folder.mkdir(parents=True)
                self._seeds[reader] = sorted(READERS[reader].draw(folder))
            return self._seeds[reader]

    def run(self, numbers: dict[str, Sequence[int]], workers: int) -> Iterator[Outcome]:
        """Read the inputs of these numbers of each reader; outcomes come as they are known."""
        waiting: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        for reader, chosen in numbers.items():
            for number in chosen:
                waiting.put((reader, number))
        count = waiting.qsize()
        done: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                with Worker() as worker:
                    while True:
                        done.put(self._try(worker, *waiting.get_nowait()))
            except queue.Empty:
                pass
            except BaseException as error:
                done.put(error)

        for _ in range(workers):
            threading.Thread(target=work, daemon=True).start()
        for _ in range(count):
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome

    def check_seeds(self, readers: Sequence[str]) -> Iterator[Outcome]:
        """The good inputs that are not read."""
        with Worker() as worker:
            for reader in readers:
                seeds = self.seeds_of(reader)
                for seed, answer in zip(seeds, worker.warm_up(reader, seeds), strict=True):
                    if answer["kind"] != "read":
                        how = f"a good input, {seed.name}, was {answer['kind']}"
                        text = f"{answer.get('error')}: {answer['text']}"
                        yield Outcome(reader, -1, how, "foreign", "good input", text, seed.name)

    def _try(self, worker: Worker, reader: str, number: int) -> Outcome:
        seeds = self.seeds_of(reader)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        path, how = self.make(reader, number, folder)
        answer = worker.read(reader, path, seeds)
        known = {key: answer.get(key, "") for key in ("kind", "error", "text", "where")}
        outcome = Outcome(reader, number, how, **known)
        if outcome.kind in BAD and self.kept is not None:
            place = self.kept / f"{reader}-{number}"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)
        shutil.rmtree(folder)
        return outcome

    def make(self, reader: str, number: int, folder: Path) -> tuple[Path, str]:
        """Write the damaged input of that number into ``folder``; say how it was damaged."""
        rng = np.random.default_rng((self.seed, zlib.crc32(reader.encode()), number))
        seeds = self.seeds_of(reader)
        chosen = seeds[rng.integers(len(seeds))]
        path = folder / chosen.name
        (shutil.copytree if chosen.is_dir() else shutil.copy)(chosen, path)
        return path, f"{chosen.name}, {damage(path, seeds, rng)}"


def shares(inputs: int, readers: Sequence[str]) -> dict[str, Sequence[int]]:
    """How many inputs each reader gets: numbers from 0, at least one."""
    total = sum(READERS[reader].share for reader in readers)
    return {r: range(max(1, round(inputs * READERS[r].share / total))) for r in readers}
