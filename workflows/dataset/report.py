"""What a run over a data set tells: ``progress.json``, ``failures.jsonl``, and a closing table."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from plugin_kit.files import write_json
from workflows.dataset.work import DONE, Result
from workflows.screen import plain_console, say, unread_is_fine

WRITTEN_EVERY = 1.0
WORST = 5
SHOWN_FAILURES = 10
# The measures by which units are compared, and which of their ends is the bad one.
JUDGED: Mapping[str, int] = {
    "residual_mean_mm": 1,
    "reprojection_median_px": 1,
    "left_out_median_px": 1,
    "measured_share": -1,
    "people_a_frame": -1,
    "warnings": 1,
}


@dataclass
class DatasetReport:
    """How far a run is.

    Attributes:
        folder: Of ``progress.json`` and ``failures.jsonl``.
        units: How many there are.
        suffix: Of these files' names, of a shard.
        passed_over: Units that were done before.
        done, failed: Units of this run.
        retries: Attempts after the first.
        running: How many are worked on.
        frames, work_seconds: Of the units that are done.
        state: running, finished or interrupted.
    """

    folder: Path
    units: int
    suffix: str = ""
    passed_over: int = 0
    done: int = 0
    failed: int = 0
    retries: int = 0
    running: int = 0
    frames: int = 0
    work_seconds: float = 0.0
    state: str = "running"
    first_failures: list[tuple[str, str]] = field(default_factory=list)
    _worst: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    _start: float = field(default_factory=time.monotonic)
    _written: float = 0.0

    @property
    def exit_code(self) -> int:
        return 1 if self.failed else 0

    @property
    def progress_file(self) -> Path:
        return self.folder / f"progress{self.suffix}.json"

    @property
    def failures_file(self) -> Path:
        return self.folder / f"failures{self.suffix}.jsonl"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    @property
    def seconds_left(self) -> float | None:
        """By the pace of this run; None before it has one."""
        ended = self.done + self.failed
        left = self.units - self.passed_over - ended
        return self.seconds / ended * left if ended else None

    def take(self, result: Result) -> None:
        """Count a unit that is over: done, or failed for good."""
        if result.kind != DONE:
            self.failed += 1
            if len(self.first_failures) < SHOWN_FAILURES:
                self.first_failures.append((result.name, result.text))
            return
        self.done += 1
        self.work_seconds += result.seconds
        self.frames += int(result.measures.get("frames", 0))
        for measure, sign in JUDGED.items():
            value = result.measures.get(measure)
            if isinstance(value, (int, float)) and value == value:
                ranked = self._worst.setdefault(measure, [])
                heapq.heappush(ranked, (sign * float(value), result.name))
                if len(ranked) > WORST:
                    heapq.heappop(ranked)

    def add_failure(self, result: Result, attempt: int) -> None:
        """Append an attempt that failed to ``failures.jsonl``."""
        entry = {
            "unit": result.name,
            "attempt": attempt,
            "kind": result.kind,
            "error": result.text,
            "seconds": round(result.seconds, 3),
            "at": _now(),
        }
        with self.failures_file.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry) + "\n")

    def write(self, *, at_once: bool = False) -> None:
        """Write ``progress.json``, at most once a second unless ``at_once``."""
        now = time.monotonic()
        if not at_once and now - self._written < WRITTEN_EVERY:
            return
        self._written = now
        left = self.seconds_left
        content: dict[str, Any] = {
            "state": self.state,
            "units": self.units,
            "passed_over": self.passed_over,
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "retries": self.retries,
            "frames": self.frames,
            "seconds": round(self.seconds, 1),
            "seconds_left": None if left is None else round(left, 1),
            "at": _now(),
        }
        write_json(self.progress_file, content)

    def show(self) -> None:
        """Print the closing tables."""
        with unread_is_fine():
            self._print(plain_console())

    def _print(self, console: Console) -> None:
        table = Table(title=f"{self.units} units, {self.state}")
        table.add_column("")
        table.add_column("units", justify="right")
        for name, count in (
            ("done", self.done),
            ("done before", self.passed_over),
            ("failed", self.failed),
            ("tried again", self.retries),
            ("not begun", self.units - self.passed_over - self.done - self.failed),
        ):
            table.add_row(name, f"{count:,}")
        console.print(table)
        rate = self.frames / self.seconds if self.seconds else 0.0
        console.print(
            f"{self.seconds / 60:.1f} minutes, {self.work_seconds / 60:.1f} of work"
            + (f", {self.frames:,} frames, {rate:.1f} a second" if self.frames else "")
        )
        for measure, ranked in self._worst.items():
            sign = JUDGED[measure]
            worst = ", ".join(
                f"{name} {sign * value:.3g}" for value, name in sorted(ranked, reverse=True)
            )
            console.print(f"worst {measure}: {worst}", soft_wrap=True)
        for name, text in self.first_failures:
            say(console, "failed", f"{name}: {text}", style="red")
        if self.failed:
            console.print(f"every attempt that failed: {self.failures_file}", soft_wrap=True)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
