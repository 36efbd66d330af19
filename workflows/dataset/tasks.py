"""What the tasks do with a unit: each runs its own command, and reads what that reports."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plugin_kit.files import load_json
from workflows.dataset.units import Unit

REPORT = "report.json"
# Paths of a unit that are no options of a command: they stand before these.
POSITIONAL = ("video", "videos")


class TaskError(RuntimeError):
    """A command refused a unit; the text is what it said."""


def keypoints(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """2D keypoints of a video, or of a take's."""
    return _run("keypoints", unit, folder)


def motion(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """3D keypoints and body motion of a take."""
    return _run("motion", unit, folder)


def matte(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """The matte of a video, or masks and plates of an EasyVolcap root."""
    return _run("matting", unit, folder)


def capture(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """Everything of a take, as an EasyVolcap root."""
    return _run("capture", unit, folder)


def arguments_of(unit: Unit, folder: Path) -> list[str]:
    """The command line for a unit: what it is about, its options, where its results go."""
    files = [str(path) for key, path in unit.inputs.items() if key.partition(" ")[0] in POSITIONAL]
    options = [
        text
        for key, path in unit.inputs.items()
        if key.partition(" ")[0] not in POSITIONAL
        for text in (f"--{key}", str(path))
    ]
    return [*files, *options, *unit.options, "--output", str(folder)]


def _run(command: str, unit: Unit, folder: Path) -> dict[str, Any]:
    return run_main(command, arguments_of(unit, folder), folder)


def run_main(command: str, arguments: list[str], folder: Path) -> dict[str, Any]:
    """Run a command in this process; return what its report in ``folder`` measured.

    Raises:
        TaskError: It ended with an error.
    """
    main = importlib.import_module(f"workflows.{command}.command").main
    told = _Told(sys.stderr)
    sys.stderr = told
    try:
        code = main(arguments)
    except SystemExit as error:
        # argparse, of options that it does not know.
        code = error.code
    finally:
        sys.stderr = told.stream
    if code:
        raise TaskError(told.reason or f"the command ended with {code}")
    report = folder / REPORT
    return measures_of(load_json(report)) if report.is_file() else {}


class _Told(io.TextIOBase):
    """Standard error, and the last error that was told on it."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.reason = stream, ""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            _, found, reason = line.partition("rror: ")
            if found:
                self.reason = reason.strip()
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


def measures_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """What units are compared by, of any command's report."""
    fit = _part(report, "fit")
    reconstruction = _part(report, "reconstruction")
    quality = _part(reconstruction, "quality")
    warnings = [*_texts(report), *_texts(fit), *_texts(quality)]
    found = {
        "frames": report.get("frames", reconstruction.get("frames")),
        "residual_mean_mm": fit.get("residual_mean_mm"),
        "reprojection_median_px": quality.get("reprojection_median"),
        "left_out_median_px": quality.get("left_out_median"),
        "measured_share": quality.get("measured_share"),
        "people_a_frame": report.get("people_a_frame"),
        "unlike_share": _part(report, "plate").get("unlike_share"),
    }
    numbers = {key: value for key, value in found.items() if isinstance(value, (int, float))}
    return {**numbers, "warnings": len(set(warnings))}


def _part(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = report.get(name)
    if isinstance(part, list) and part:
        # One a person: the first stands for the unit.
        part = part[0]
    return part if isinstance(part, Mapping) else {}


def _texts(report: Mapping[str, Any]) -> list[str]:
    warnings = report.get("warnings", [])
    return [str(text) for text in warnings] if isinstance(warnings, list) else []
