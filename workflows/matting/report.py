"""What the matting chain tells about a run: as a table, and as ``report.json``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from plugin_kit.files import write_json
from workflows.matting.resume import size_of
from workflows.screen import plain_console, say, unread_is_fine

BASE_ALONE = "frames_of_the_base_alone"
BASE_WORDS = {
    "rvm": "Robust Video Matting's alpha",
    "people": "infer_people's masks",
    "file": "the alpha given",
    "key": "the screen's key",
}


@dataclass
class Report:
    """What was done, how long it took and what to know about the result.

    Attributes:
        matte: Whose masks made the plate: rvm, parsing, rvm+parsing or none.
        matte_reason: Why those.
        frames: Frames that were worked on.
        seconds: How long each step took.
        files: What was written, by kind.
        made_by: The version, options and inputs that it was made by.
        sizes: Bytes of each of ``files`` but the report.
    """

    source: str
    frames: int = 0
    matte: str = "none"
    matte_reason: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    made_by: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            passed = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + passed

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def write(self, folder: Path) -> None:
        """Write ``report.json`` into ``folder``."""
        written = [name for kind, name in self.files.items() if kind != "report"]
        self.sizes = {name: size_of(folder / name) for name in written}
        self.files["report"] = "report.json"
        write_json(folder / "report.json", asdict(self))

    def lines(self) -> list[str]:
        """What is printed below the times."""
        return [f"people found by: {self.matte} ({self.matte_reason})"]

    def show(self, title: str) -> None:
        """Print the steps' times, the files and the warnings."""
        with unread_is_fine():
            self._print(title, plain_console())

    def _print(self, title: str, console: Console) -> None:
        table = Table(title=title)
        table.add_column("step")
        table.add_column("seconds", justify="right")
        table.add_column("ms a frame", justify="right")
        for name, seconds in self.seconds.items():
            table.add_row(name, f"{seconds:.2f}", f"{1000 * seconds / max(1, self.frames):.0f}")
        console.print(table)
        for line in self.lines():
            console.print(line)
        for name, file in self.files.items():
            console.print(f"  {name:<11} {file}")
        for warning in self.warnings:
            say(console, "warning:", warning)


@dataclass
class ChainReport(Report):
    """Of a video.

    Attributes:
        size: Width and height.
        method: --method.
        alpha: How the alpha was made: its ``base`` (rvm, people, file or none), the ``way``
            (``base``: that alone; ``fused``: helped by background matting; ``background``: that
            alone), the ``reason``, and of a fused one ``frames_fused``,
            ``frames_of_the_base_alone``, ``edge_share`` (background matting's, at the edges),
            ``misfit`` and ``worst_misfit`` (share of the background unlike the plate, by frame);
            of background matting alone with a camera that moves ``frames_not_registered``.
        people: The identities whose alpha was kept; None: all that was found.
        empty_masks: Frames in which the masks showed nobody.
        weights: Background matting's.
        weights_reason: Why those.
        stabilised: Whether the alpha was made stable along the flow.
        plate: What extract_background says of the plate.
    """

    size: tuple[int, int] = (0, 0)
    method: str = ""
    alpha: dict[str, Any] = field(default_factory=dict)
    people: list[int] | None = None
    empty_masks: int = 0
    weights: str = ""
    weights_reason: str = ""
    stabilised: bool = False
    plate: dict[str, Any] = field(default_factory=dict)

    def conclude(self) -> None:
        """Warn of what only the end shows."""
        if lost := self.alpha.get("frames_not_registered", 0):
            self.warn(f"{lost} of {self.frames} frames could not be registered to the plate")
        fused, alone = (self.alpha.get(key, 0) for key in ("frames_fused", BASE_ALONE))
        if self.alpha.get("way") == "fused" and alone:
            self.warn(
                f"In {alone} of {fused + alone} frames the plate does not fit or was not seen "
                "beside the person, and the base is the alpha as it is"
            )

    def lines(self) -> list[str]:
        lines = [*super().lines(), f"alpha: {self.alpha_words()}"]
        if self.weights:
            lines.append(f"weights of background matting: {self.weights} ({self.weights_reason})")
        return lines

    def alpha_words(self) -> str:
        """How the alpha was made, in a sentence."""
        made = self.alpha
        base = BASE_WORDS.get(made.get("base", ""), "")
        words = {
            "base": f"{base} alone",
            "background": "background matting's alone",
            "fused": f"{base}, helped by background matting in {made.get('frames_fused', 0)} of "
            f"{self.frames} frames, by {made.get('edge_share', 0):.0%} at the edges",
        }[made["way"]]
        stable = ", made stable along the optical flow" if self.stabilised else ""
        return f"{words}{stable} ({made['reason']})"


@dataclass
class CamerasReport(Report):
    """Of an EasyVolcap root.

    Attributes:
        cameras: By camera: how its masks were made (``made_by``), its ``frames``, in how many of
            them nobody was seen (``empty_masks``), and what extract_background says of its plate.
    """

    cameras: dict[str, dict[str, Any]] = field(default_factory=dict)
