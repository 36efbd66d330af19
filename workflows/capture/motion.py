"""Bodies and cameras of a capture: what the motion chain makes of its people."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_yml
from plugin_kit.files import load_json
from plugin_kit.keypoints.trajectories import UNITS_PER_METRE
from workflows.capture.body_parameters import export_bodies
from workflows.capture.options import CaptureOptions
from workflows.capture.report import CaptureReport
from workflows.dataset.tasks import TaskError, run_main

KEYPOINTS, MOTION = "keypoints2d.npz", "motion"


def check_motion(options: CaptureOptions) -> None:
    """See that the motion command knows its options, before hours are spent on pictures.

    Raises:
        FileNotFoundError, ValueError: The text names what is wrong.
    """
    if not options.has_motion:
        if options.motion:
            raise ValueError(f"-- {shlex.join(options.motion)} would do nothing with --no-motion")
        return
    from workflows.motion.command import options_of, parse_arguments

    try:
        body = options_of(parse_arguments(_arguments(options))).fit["model_file"]
    except SystemExit as error:
        raise ValueError(
            f"-- {shlex.join(options.motion)} is refused by the motion command, whose options "
            "stand after the --: its --help lists them"
        ) from error
    if body and not Path(str(body)).exists():
        raise FileNotFoundError(f"-- --body: there is no {body}")


def _arguments(options: CaptureOptions) -> list[str]:
    """The motion's command line."""
    root = options.output
    given = ["--keypoints", str(root / KEYPOINTS), "--output", str(root / MOTION)]
    if options.cameras is not None:
        given += ["--cameras", str(options.cameras)]
    return [*given, *options.motion]


def make_motion(options: CaptureOptions, report: CaptureReport) -> None:
    """Everybody's motion of the root's keypoints, in ``motion/`` and as EasyVolcap reads it."""
    from workflows.motion.command import options_of, parse_arguments

    root = options.output
    given = _arguments(options)
    try:
        report.motion = dict(run_main("motion", given, root / MOTION))
        body = options_of(parse_arguments(given)).fit
        report.warnings += export_bodies(
            root, root / MOTION, str(body["model_file"]) or None, str(body["gender"])
        )
    except (TaskError, OSError, ValueError) as error:
        report.failures[MOTION] = str(error)


def write_cameras(options: CaptureOptions, views: Sequence[str], report: CaptureReport) -> None:
    """intri.yml and extri.yml: of the motion's own cameras, else of the calibration.

    Where there are bodies, the cameras are in metres as these.

    Args:
        options: Of the capture.
        views: The cameras' names, in the order of a calibration that calls them otherwise.
        report: What is missing is told in it.
    """
    root = options.output
    is_of_motion = MOTION not in report.failures and (root / MOTION / "cameras.json").is_file()
    source = root / MOTION / "cameras.json" if is_of_motion else options.cameras
    if source is None:
        report.warnings.append("no camera is known: intri.yml and extri.yml are left out")
        return
    try:
        cameras = read_cameras(source)
        if is_of_motion:
            fit = load_json(root / MOTION / "report.json")["fit"]
            metre = UNITS_PER_METRE[fit["unit"]]
            cameras = [
                replace(camera, translation=camera.translation / metre) for camera in cameras
            ]
        if len(cameras) == len(views) and not {*views} & {camera.name for camera in cameras}:
            cameras = [
                replace(camera, name=name) for camera, name in zip(cameras, views, strict=True)
            ]
        write_cameras_yml(root, [c for c in cameras if c.name in views] or cameras)
    except (OSError, ValueError) as error:
        report.failures["cameras"] = str(error)
