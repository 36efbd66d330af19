"""Units on this machine: a process for each, so that a crash costs one unit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workflows.dataset.engine import Place, quiet_environment
from workflows.dataset.units import Unit
from workflows.dataset.work import CRASH, LATE, Result
from workflows.plugins import REPOSITORY

POLL_SECONDS = 0.005
# A worker ends itself at its limit, unless it hangs where nothing of Python runs.
GRACE_SECONDS = 10.0


@dataclass
class _Running:
    unit: Unit
    process: subprocess.Popen[bytes]
    answer: Path
    log: Path
    start: float
    slot: int


class LocalEngine:
    """At most ``slots`` processes at a time.

    Args:
        place: Where units are worked on.
        slots: How many at once.
        threads: Of each.
    """

    def __init__(self, place: Place, slots: int, threads: int) -> None:
        self._place, self.slots, self._threads = place, slots, threads
        self._running: list[_Running] = []
        self._free = list(range(slots))

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        for running in self._running:
            _end(running.process)
        self._running.clear()

    @property
    def has_room(self) -> bool:
        return bool(self._free)

    def start(self, unit: Unit, key: str) -> None:
        """Begin the work on a unit."""
        place, slot = self._place, self._free.pop()
        answer = place.staging / f"answer-{slot}.json"
        answer.unlink(missing_ok=True)
        log = place.logs / f"{unit.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        asked = {
            "unit": unit.to_json(),
            "key": key,
            "output": str(place.output),
            "staging": str(place.staging),
            "limit": place.limit,
            "answer": str(answer),
            "parent": os.getpid(),
        }
        with log.open("wb") as handle:
            process = subprocess.Popen(
                [sys.executable, "-m", "workflows.dataset.worker"],
                cwd=REPOSITORY,
                env={**os.environ, **quiet_environment(self._threads, place.home(slot))},
                stdin=subprocess.PIPE,
                stdout=handle,
                stderr=subprocess.STDOUT,
                # An interruption is told to the units by this process.
                start_new_session=True,
            )
        assert process.stdin
        # Where it died at once, its exit code is looked at as every other's.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked).encode())
            process.stdin.close()
        self._running.append(_Running(unit, process, answer, log, time.perf_counter(), slot))

    def finished(self, timeout: float) -> list[Result]:
        """Wait until some units have ended, at most ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while True:
            results = [
                result for running in list(self._running) if (result := self._ended(running))
            ]
            if results or time.monotonic() >= end:
                return results
            time.sleep(POLL_SECONDS)

    def _ended(self, running: _Running) -> Result | None:
        code, seconds = running.process.poll(), time.perf_counter() - running.start
        limit = self._place.limit
        if code is None and limit is not None and seconds > limit + GRACE_SECONDS:
            _end(running.process)
            code = running.process.wait()
        if code is None:
            return None
        self._running.remove(running)
        self._free.append(running.slot)
        if running.answer.is_file():
            answer = json.loads(running.answer.read_bytes())
            if not running.log.stat().st_size:
                running.log.unlink()
            return Result(**answer)
        if limit is not None and seconds >= limit:
            return Result(running.unit.name, LATE, f"took more than {limit:g} s", seconds)
        reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Result(running.unit.name, CRASH, f"its process died ({reason})", seconds)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
