"""The motion chain's steps: run the workflow, draw the preview, write the report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from workflows.motion import FIT, TRIANGULATION, motion_workflow
from workflows.motion_preview import write_preview

WHAT = {
    "keypoints3d.npz": "3D keypoints with errors, views and mask",
    "keypoints3d.trc": "3D keypoints for OpenSim",
    "keypoints3d.c3d": "3D keypoints for motion capture programs",
    "keypoints3d.csv": "3D keypoints as a table",
    "cameras.json": "cameras, AIST++'s form",
    "cameras.toml": "cameras, anipose's form",
    "motion.pkl": "SMPL motion, AIST++'s form",
    "motion.npz": "SMPL motion, AMASS's form",
    "motion.bvh": "skeleton motion for Blender and others",
    "motion.glb": "animated body for any viewer",
    "motion.trc": "the body's joints",
    "reconstruction.png": "cameras, skeleton, residuals",
    "body.png": "the body over time",
    "overlay.png": "the body over the video",
    "preview.mp4": "the body and the keypoints in motion",
}


@dataclass(frozen=True)
class MotionOptions:
    """What the chain is to do.

    Attributes:
        triangulation, fit: Further parameters of the two tasks.
        videos: Of the cameras, in their order.
        has_preview: Whether preview.mp4 is drawn.
    """

    keypoints: Path
    output: Path
    cameras: Path | None = None
    videos: tuple[Path, ...] = ()
    triangulation: Mapping[str, object] = field(default_factory=dict)
    fit: Mapping[str, object] = field(default_factory=dict)
    has_preview: bool = True


@dataclass(frozen=True)
class MotionReport:
    """What came out: the two tasks' reports, the seconds of each step, the files."""

    reconstruction: dict[str, Any]
    fit: dict[str, Any]
    seconds: dict[str, float]
    files: list[str]

    @property
    def warnings(self) -> list[str]:
        return [*self.reconstruction["quality"]["warnings"], *self.fit["warnings"]]


def run_motion(options: MotionOptions) -> MotionReport:
    """Run the chain; every file appears whole or not at all.

    Raises:
        FileNotFoundError, ValueError: An input cannot be used.
        RuntimeError: A task failed; the text holds the reason.
    """
    for path in (options.keypoints, options.cameras, *options.videos):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"there is no {path}")
    options.output.mkdir(parents=True, exist_ok=True)
    seconds = {}
    with Progress(transient=True) as progress:
        bar = progress.add_task("triangulation and fit", total=None)
        start = time.perf_counter()
        workflow = _workflow(options)
        _run(workflow)
        seconds["triangulation and fit"] = time.perf_counter() - start
        progress.update(bar, total=1, completed=1)
        tasks = {name: workflow.find_task(name, 0) for name in (TRIANGULATION, FIT)}
        _write_pictures(tasks, options)
        start = time.perf_counter()
        if options.has_preview:
            drawn = progress.add_task("preview")
            write_preview(
                options.output / "preview.mp4",
                tasks,
                str(options.fit.get("model_file", "")),
                str(options.fit.get("gender", "neutral")),
                options.videos[0] if options.videos else None,
                lambda share: progress.update(drawn, total=1, completed=share),
            )
        seconds["preview"] = time.perf_counter() - start
    report = MotionReport(
        dict(tasks[TRIANGULATION].get_output(1).data),
        dict(tasks[FIT].get_output(4).data),
        seconds,
        [name for name in WHAT if (options.output / name).is_file()],
    )
    _write_report(options.output / "report.json", report)
    _print(report, options.output)
    return report


def _workflow(options: MotionOptions) -> Any:
    folder = str(options.output)
    triangulation = {
        **options.triangulation,
        "keypoints_path": options.keypoints,
        "cameras_path": options.cameras or "",
        "output_folder": folder,
    }
    fit = {**options.fit, "output_folder": folder}
    if options.videos:
        fit["video_path"] = options.videos[0]
    return motion_workflow(triangulation, fit)


def _run(workflow: Any) -> None:
    """Run, and let the reason of a failure stand first: Ikomia wraps it in its own words."""
    try:
        workflow.run()
    except RuntimeError as error:
        raise RuntimeError(_reason(str(error))) from error


def _reason(text: str) -> str:
    while True:
        head, found, rest = text.partition("'>: ")
        if not found or "<class" not in head:
            break
        text = rest
    return text.split(":   File ")[0].split(" (Code ")[0].strip()


def _write_pictures(tasks: Mapping[str, Any], options: MotionOptions) -> None:
    pictures = {
        "reconstruction.png": tasks[TRIANGULATION].get_output(3),
        "body.png": tasks[FIT].get_output(6),
    }
    if options.videos:
        pictures["overlay.png"] = tasks[FIT].get_output(7)
    for name, output in pictures.items():
        encoded = cv2.imencode(".png", cv2.cvtColor(output.get_image(), cv2.COLOR_RGB2BGR))[1]
        _write_whole(options.output / name, encoded.tobytes())


def _write_report(path: Path, report: MotionReport) -> None:
    content = {
        "reconstruction": report.reconstruction,
        "fit": report.fit,
        "seconds": report.seconds,
        "files": report.files,
    }
    _write_whole(path, json.dumps(content, indent=2).encode())


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)  # noqa: PTH105
    finally:
        part.unlink(missing_ok=True)


def _print(report: MotionReport, folder: Path) -> None:
    console = Console()
    quality, fit = report.reconstruction["quality"], report.fit
    table = Table(title=f"{report.reconstruction['frames']} frames, {fit['convention']}")
    table.add_column("how good it is")
    table.add_column("value", justify="right")
    rows = [
        ("reprojection, median", _number(quality["reprojection_median"], "px")),
        ("each view from the others, median", _number(quality["left_out_median"], "px")),
        ("keypoints measured", f"{quality['measured_share']:.1%}"),
        ("keypoints interpolated", f"{quality['interpolated_share']:.1%}"),
        (f"body ({fit['body']}) to keypoints, mean", _number(fit["residual_mean_mm"], "mm")),
        ("frames with a body", f"{fit['valid_share']:.1%}"),
    ]
    for name, value in rows:
        table.add_row(name, value)
    for name, spent in report.seconds.items():
        table.add_row(f"seconds: {name}", f"{spent:.1f}")
    console.print(table)
    for name in report.files:
        console.print(f"  {folder / name}  [dim]{WHAT[name]}[/]", soft_wrap=True)
    for warning in report.warnings:
        console.print(f"[yellow]warning:[/] {warning}", soft_wrap=True)


def _number(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f} {unit}"
