"""The processes of units on this machine: forked from a template, or started one by one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from workflows.plugins import REPOSITORY

POLL_SECONDS = 0.005
END_SECONDS = 10.0
READ_BYTES = 2**16


@dataclass(frozen=True)
class Request:
    """What a unit's process is asked.

    Attributes:
        slot: Which of the processes that live at once it is.
        unit, key, output, staging, limit: As :func:`workflows.dataset.work.perform` takes them.
        answer: The file for its result.
        log: The file for what it prints.
        environment: Variables of its own.
    """

    slot: int
    unit: Mapping[str, Any]
    key: str
    output: str
    staging: str
    limit: float | None
    answer: str
    log: str
    environment: Mapping[str, str]


class Processes(Protocol):
    """Starts units' processes and says how they ended."""

    def start(self, request: Request) -> None: ...

    def ended(self, timeout: float) -> list[tuple[int, int]]:
        """Wait until some have ended, at most ``timeout`` seconds: slots and exit codes."""
        ...

    def kill(self, slot: int) -> None: ...

    def close(self) -> None:
        """End all that live."""
        ...


class ForkedProcesses:
    """Processes that a template forks, which is told and asked by pipes; POSIX only.

    Args:
        environment: Variables of them all, before anything is loaded.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._template: subprocess.Popen[bytes] | None = None
        self._rest = b""
        # By slot, the process, once it is known.
        self._alive: dict[int, int | None] = {}

    def start(self, request: Request) -> None:
        self._alive[request.slot] = None
        self._ask({"start": asdict(request)})

    def kill(self, slot: int) -> None:
        self._ask({"kill": slot})

    def ended(self, timeout: float) -> list[tuple[int, int]]:
        end = time.monotonic() + timeout
        while self._alive:
            template = self._running_template()
            assert template.stdout
            wait = max(0.0, end - time.monotonic())
            if not select.select([template.stdout], [], [], wait)[0]:
                return []
            content = os.read(template.stdout.fileno(), READ_BYTES)
            if not content:
                return self._lost()
            *lines, self._rest = (self._rest + content).split(b"\n")
            ended = []
            for slot, event, number in map(json.loads, lines):
                if event == "started":
                    self._alive[slot] = number
                else:
                    del self._alive[slot]
                    ended.append((slot, number))
            if ended:
                return ended
        return []

    def close(self) -> None:
        template, self._template = self._template, None
        self._alive.clear()
        if template is None:
            return
        assert template.stdin and template.stdout
        with suppress(BrokenPipeError):
            # The end of its input is the word to end all.
            template.stdin.close()
        try:
            template.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            _end(template)
        template.stdout.close()

    def _running_template(self) -> subprocess.Popen[bytes]:
        if self._template is None:
            self._rest = b""
            self._template = subprocess.Popen(
                [sys.executable, "-m", "workflows.dataset.template"],
                cwd=REPOSITORY,
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                # An interruption is told to the units by this process.
                start_new_session=True,
            )
        return self._template

    def _ask(self, content: Mapping[str, Any]) -> None:
        line = memoryview(json.dumps(content).encode() + b"\n")
        template = self._running_template()
        assert template.stdin
        # Where it has died, reading from it says so.
        with suppress(BrokenPipeError):
            while line:
                line = line[template.stdin.write(line) or 0 :]

    def _lost(self) -> list[tuple[int, int]]:
        """The template died: its processes would end in a second, and end now."""
        template, self._template = self._running_template(), None
        for pid in filter(None, self._alive.values()):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        code = template.wait()
        for stream in (template.stdin, template.stdout):
            with suppress(OSError):
                assert stream
                stream.close()
        lost = [(slot, code) for slot in self._alive]
        self._alive.clear()
        return lost


class StartedProcesses:
    """A Python of its own for each unit, where nothing can be forked.

    Args:
        environment: Variables of them all, before anything is loaded.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._alive: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, request: Request) -> None:
        with Path(request.log).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workflows.dataset.worker"],
                cwd=REPOSITORY,
                env={**os.environ, **self._environment, **request.environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._alive[request.slot] = process
        assert process.stdin
        asked = {**asdict(request), "parent": os.getpid()}
        # Where it died at once, its exit code is looked at as every other's.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked).encode())
            process.stdin.close()

    def kill(self, slot: int) -> None:
        _end(self._alive[slot])

    def ended(self, timeout: float) -> list[tuple[int, int]]:
        end = time.monotonic() + timeout
        while True:
            codes = {slot: process.poll() for slot, process in self._alive.items()}
            ended = [(slot, code) for slot, code in codes.items() if code is not None]
            for slot, _ in ended:
                del self._alive[slot]
            if ended or time.monotonic() >= end:
                return ended
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        for process in self._alive.values():
            _end(process)
        self._alive.clear()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
