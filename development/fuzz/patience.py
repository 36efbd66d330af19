"""When a process that answers nothing has hung: by its CPU time, since a busy machine is slow."""

from __future__ import annotations

import time

import psutil

# How often a late process is looked at, in seconds: its children are searched for among all.
LOOK = 0.25
# A late one that used less than this share of a core since it was looked at does nothing.
IDLE_SHARE = 0.01
# On the clock, in limits, nobody waits longer.
MOST = 12


class Patience:
    """Waits for an answer as long as the one who is to give it works on it, up to a limit.

    Hung is who used ``limit`` seconds of CPU time, with its children, or who is past ``limit`` on
    the clock and then used none for half of it. One that waits for a core on a busy machine is not.
    """

    def __init__(self, process: psutil.Process, limit: float) -> None:
        self._process, self._limit = process, limit
        self._begin = self._moved = self._looked = time.monotonic()
        self._at_begin = self._spent = _cpu_seconds(process)

    def is_over(self) -> bool:
        now = time.monotonic()
        if now < self._begin + self._limit:
            self._moved = now
            return False
        if now < self._looked + LOOK:
            return False
        spent = _cpu_seconds(self._process)
        if spent - self._spent > IDLE_SHARE * (now - self._looked) or _waits_for_a_core(
            self._process
        ):
            self._moved = now
        self._looked, self._spent = now, spent
        return (
            spent - self._at_begin > self._limit
            or now > self._moved + self._limit / 2
            or now > self._begin + MOST * self._limit
        )


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu_seconds(process: psutil.Process) -> float:
    total = 0.0
    for member in _family(process):
        try:
            total += sum(member.cpu_times()[:4])
        except psutil.Error:
            continue
    return total


def _waits_for_a_core(process: psutil.Process) -> bool:
    for member in _family(process):
        try:
            if member.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP):
                return True
        except psutil.Error:
            continue
    return False
