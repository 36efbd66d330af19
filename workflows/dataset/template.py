"""``python -m workflows.dataset.template``: a process out of which each unit's process is forked.

Starting Python and loading what every unit needs takes longer than an empty unit; a fork of a
process that has done so takes a millisecond. Nothing is loaded here that starts threads or opens
devices, since a fork would inherit them broken.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workflows.dataset.worker import work_on

READ_BYTES = 2**16
REQUESTS = 0


class Template:
    """Forks a process for each request, and tells of their beginnings and ends.

    Requests are lines of JSON on standard input: ``start`` with a request, or ``kill`` with a slot.
    What it tells are lines ``[slot, "started", pid]`` and ``[slot, "ended", code]`` on standard
    output. Where standard input ends, the driver is gone: all processes are ended.
    """

    def __init__(self) -> None:
        # What units print must not come between.
        self._told = os.dup(sys.stdout.fileno())
        self._woken, self._waker = os.pipe()
        for end in (self._woken, self._waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._slots: dict[int, int] = {}

    def serve(self) -> None:
        """Until standard input ends."""
        # Else a collection in a child would copy the pages of all that is loaded.
        gc.collect()
        gc.freeze()
        try:
            for request in self._requests():
                if "kill" in request:
                    self._kill(request["kill"])
                else:
                    self._fork(request["start"])
        finally:
            for slot in self._slots.values():
                self._kill(slot)

    def _requests(self) -> Iterator[dict[str, Any]]:
        rest = b""
        while True:
            ready, _, _ = select.select([REQUESTS, self._woken], [], [])
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, READ_BYTES)
                self._reap()
            if REQUESTS in ready:
                content = os.read(REQUESTS, READ_BYTES)
                if not content:
                    return
                *lines, rest = (rest + content).split(b"\n")
                yield from map(json.loads, lines)

    def _fork(self, asked: Mapping[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(asked)
        # Whoever of the two comes first: the group is there before it is to be ended.
        with suppress(OSError):
            os.setpgid(pid, pid)
        self._slots[pid] = asked["slot"]
        self._tell(asked["slot"], "started", pid)

    def _become_worker(self, asked: Mapping[str, Any]) -> None:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with suppress(OSError):
                os.setpgid(0, 0)
            for end in (self._told, self._woken, self._waker):
                os.close(end)
            _redirect(os.devnull, os.O_RDONLY, sys.stdin.fileno())
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            _redirect(asked["log"], flags, sys.stdout.fileno(), sys.stderr.fileno())
            os.environ.update(asked["environment"])
            work_on({**asked, "parent": os.getppid()})
        except BaseException:
            traceback.print_exc()
        finally:
            # Never back into the template's own loop.
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(1)

    def _reap(self) -> None:
        while self._slots:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            slot = self._slots.pop(pid, None)
            if slot is not None:
                self._tell(slot, "ended", os.waitstatus_to_exitcode(status))

    def _kill(self, slot: int) -> None:
        for pid, its in self._slots.items():
            if its == slot:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def _tell(self, *content: Any) -> None:
        # Fewer bytes than a pipe writes at once.
        with suppress(BrokenPipeError):
            os.write(self._told, json.dumps(content).encode() + b"\n")


def _redirect(path: str | Path, flags: int, *descriptors: int) -> None:
    opened = os.open(path, flags, 0o666)
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)


if __name__ == "__main__":
    Template().serve()
