"""What the motion chain tells about a run: as a table, and as ``report.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from plugin_kit.files import write_json
from workflows.motion.options import in_options
from workflows.screen import plain_console, say, unread_is_fine

WHAT = {
    "keypoints2d.npz": "2D keypoints of all views, as --keypoints takes them",
    "keypoints3d.npz": "3D keypoints with errors, views and mask",
    "keypoints3d.trc": "3D keypoints for OpenSim",
    "keypoints3d.c3d": "3D keypoints for motion capture programs",
    "keypoints3d.csv": "3D keypoints as a table",
    "cameras.json": "cameras, AIST++'s form",
    "cameras.toml": "cameras, anipose's form",
    "motion.pkl": "SMPL motion, AIST++'s form",
    "motion.npz": "SMPL motion, AMASS's form",
    "motion.bvh": "skeleton motion for Blender and others",
    "motion.glb": "animated bodies for any viewer",
    "motion.trc": "the body's joints",
    "reconstruction.png": "cameras, skeleton, residuals",
    "body.png": "the body over time",
    "overlay.png": "the body over the video",
    "preview.mp4": "the body and the keypoints in motion",
    "motion.html": "all of it in a browser: open it by a double click",
}


def files_of(folder: Path) -> list[str]:
    """The results in ``folder``, those of WHAT in its order and those of single people after."""
    return sorted(
        (path.name for path in folder.iterdir() if path.is_file() and what_is(path.name)),
        key=lambda name: (list(WHAT).index(_of_all(name)), name),
    )


def what_is(name: str) -> str:
    """What a result's file holds; empty for files of other names.

    Example:
        >>> what_is("motion_2.bvh")
        'skeleton motion for Blender and others'
    """
    return WHAT.get(_of_all(name), "")


def _of_all(name: str) -> str:
    """The name of the file, were there one person: what follows ``_`` is the person's."""
    path = Path(name)
    return path.stem.partition("_")[0] + path.suffix


@dataclass(frozen=True)
class MotionReport:
    """What came out.

    Attributes:
        reconstruction: What infer_multiview_triangulation reports.
        fit: What infer_smpl_fit reports.
        seconds: How long each step took.
        files: What was written.
        noticed: What was odd about the inputs, in words; the tasks' own warnings are in theirs.
    """

    reconstruction: dict[str, Any]
    fit: dict[str, Any]
    seconds: dict[str, float]
    files: list[str]
    noticed: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        told = [*self.noticed, *self.reconstruction["quality"]["warnings"], *self.fit["warnings"]]
        return list(dict.fromkeys(told))

    def write(self, folder: Path) -> None:
        """Write ``report.json`` into ``folder``."""
        write_json(folder / "report.json", asdict(self))

    def show(self, folder: Path) -> None:
        """Print how good the result is, the steps' times, the files and the warnings."""
        with unread_is_fine():
            self._print(folder, plain_console())

    def _print(self, folder: Path, console: Console) -> None:
        quality, fit = self.reconstruction["quality"], self.fit
        table = Table(title=f"{self.reconstruction['frames']} frames, {fit['convention']}")
        table.add_column("how good it is")
        table.add_column("value", justify="right")
        rows = [
            ("reprojection, median", _number(quality["reprojection_median"], "px")),
            ("each view from the others, median", _number(quality["left_out_median"], "px")),
            ("keypoints measured", f"{quality['measured_share']:.1%}"),
            ("keypoints interpolated", f"{quality['interpolated_share']:.1%}"),
            (f"body ({fit['body']}) to keypoints, mean", _number(fit["residual_mean_mm"], "mm")),
            ("frames with a body", f"{fit['valid_share']:.1%}"),
            *(_person(entry) for entry in fit.get("people") or []),
            *((f"seconds: {name}", f"{spent:.1f}") for name, spent in self.seconds.items()),
        ]
        for name, value in rows:
            table.add_row(name, value)
        console.print(table)
        for name in self.files:
            line = Text.assemble(f"  {folder / name}  ", (what_is(name), "dim"))
            console.print(line, soft_wrap=True)
        for warning in self.warnings:
            say(console, "warning:", in_options(warning))


def _person(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The row of one of several people, as infer_smpl_fit reports them."""
    name = f"person {entry['name']}: body to keypoints, mean"
    if not entry["is_fitted"]:
        return name, "not fitted"
    return name, _number(entry["residual_mean_mm"], "mm")


def _number(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f} {unit}"
