"""How far the chain is: a bar a step with the time that it will take, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Told = Callable[[float], None]


class Steps:
    """One step after another; a bar of what can be told moves, of what cannot pulses.

    Attributes:
        seconds: How long each finished step took.

    Example:
        >>> with Steps() as steps:
        ...     told = steps.begin("preview")
        ...     told(0.5)
        >>> list(steps.seconds)
        ['preview']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[share]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            transient=True,
        )
        self._name, self._start, self._bar = "", 0.0, TaskID(0)

    def __enter__(self) -> Steps:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._bars.stop()

    def begin(self, name: str) -> Told:
        """End the step before, begin ``name``, and return what is told the share that is done."""
        self.end()
        self._name, self._start = name, time.perf_counter()
        self._bar = self._bars.add_task(name, total=None, share="")

        def told(share: float) -> None:
            self._bars.update(self._bar, total=1.0, completed=share, share=f"{share:.0%}")

        return told

    def end(self) -> None:
        """End the step that is going on, if there is one."""
        if self._name:
            passed = time.perf_counter() - self._start
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + passed
            self._bars.update(self._bar, total=1.0, completed=1.0, share="")
            self._name = ""
