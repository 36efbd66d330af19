"""Units on this machine: a process for each, so that a crash costs one unit."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from workflows.dataset.engine import Place, quiet_environment
from workflows.dataset.processes import (
    ForkedProcesses,
    Processes,
    Request,
    StartedProcesses,
)
from workflows.dataset.units import Unit
from workflows.dataset.work import CRASH, LATE, Result

# A worker ends itself at its limit, unless it hangs where nothing of Python runs.
GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.5


def can_fork() -> bool:
    """Whether this system makes a process out of another."""
    return hasattr(os, "fork")


@dataclass
class _Running:
    unit: Unit
    answer: Path
    log: Path
    start: float
    is_killed: bool = False


class LocalEngine:
    """At most ``slots`` processes at a time.

    Args:
        place: Where units are worked on.
        slots: How many at once.
        threads: Of each.
    """

    def __init__(self, place: Place, slots: int, threads: int) -> None:
        self._place, self.slots = place, slots
        self._homes = [place.home(slot) for slot in range(slots)]
        self._running: dict[int, _Running] = {}
        self._free = list(range(slots))
        environment = quiet_environment(threads, self._homes[0])
        kind = ForkedProcesses if can_fork() else StartedProcesses
        self._processes: Processes = kind(environment)

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()
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
        home = str(self._homes[slot])
        self._running[slot] = _Running(unit, answer, log, time.perf_counter())
        self._processes.start(
            Request(
                slot,
                unit.to_json(),
                key,
                str(place.output),
                str(place.staging),
                place.limit,
                str(answer),
                str(log),
                {"HOME": home, "USERPROFILE": home},
            )
        )

    def finished(self, timeout: float) -> list[Result]:
        """Wait until some units have ended, at most ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while True:
            self._end_the_late()
            left = max(0.0, end - time.monotonic())
            ended = self._processes.ended(min(left, LOOK_SECONDS))
            if ended or not left:
                return [self._result(slot, code) for slot, code in ended]

    def _end_the_late(self) -> None:
        limit = self._place.limit
        if limit is None:
            return
        for slot, running in self._running.items():
            is_late = time.perf_counter() - running.start > limit + GRACE_SECONDS
            if is_late and not running.is_killed:
                running.is_killed = True
                self._processes.kill(slot)

    def _result(self, slot: int, code: int) -> Result:
        running = self._running.pop(slot)
        self._free.append(slot)
        name, seconds = running.unit.name, time.perf_counter() - running.start
        limit = self._place.limit
        if running.answer.is_file():
            answer = json.loads(running.answer.read_bytes())
            if not running.log.stat().st_size:
                running.log.unlink()
            return Result(**answer)
        if limit is not None and seconds >= limit:
            return Result(name, LATE, f"took more than {limit:g} s", seconds)
        reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Result(name, CRASH, f"its process died ({reason})", seconds)
