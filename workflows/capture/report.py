"""What a capture tells: as tables, and as ``report.json``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from workflows.screen import plain_console, say, unread_is_fine


@dataclass
class CaptureReport:
    """What was made.

    Attributes:
        videos: What was given.
        matte: Whose masks: rvm or people.
        fps, frames: Of the common time; of all cameras together.
        cameras: By camera, its frames, people a frame, and what is known of its plate.
        kept: Cameras that were finished before.
        motion: What the motion chain measured.
        failures: What could not be made, and why, by camera or by part.
    """

    videos: list[str]
    matte: str = "people"
    fps: float = 0.0
    frames: int = 0
    cameras: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    motion: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def show(self, root: Path) -> None:
        """Print the cameras, the steps' times, what is missing and the warnings."""
        with unread_is_fine():
            console = plain_console()
            table = Table(title=f"{self.frames} frames of {len(self.cameras)} cameras")
            table.add_column("camera")
            for name in ("frames", "people a frame"):
                table.add_column(name, justify="right")
            for name, camera in self.cameras.items():
                table.add_row(name, str(camera["frames"]), f"{camera['people_a_frame']:.1f}")
            console.print(table)
            for name, seconds in self.seconds.items():
                console.print(f"  {name}: {seconds:.1f} s")
            console.print(f"  {root}", soft_wrap=True)
            for warning in dict.fromkeys(self.warnings):
                say(console, "warning:", warning)
            for name, text in self.failures.items():
                say(console, "failed", f"{name}: {text}", style="red")
