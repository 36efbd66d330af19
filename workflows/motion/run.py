"""The motion chain's steps: run the workflow, draw the preview, write the report."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from rich.progress import Progress

from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_smpl_fit.ports import Output as FitOutput
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from plugin_kit.array_files import read_arrays
from plugin_kit.picture_files import write_picture
from plugin_kit.video import VideoInfo
from workflows.motion.graph import FIT, TRIANGULATION, motion_workflow
from workflows.motion.options import MotionOptions, check_options
from workflows.motion.preview import write_preview
from workflows.motion.report import WHAT, MotionReport
from workflows.output_folder import held_folder, refuse_to_replace_inputs, staged_outputs
from workflows.plugins import run_workflow, task_of

# Rates of the same frames, as shares of one another.
RATES_DIFFER = 0.01


def run_motion(options: MotionOptions) -> MotionReport:
    """Run the chain; every file appears whole or not at all.

    Raises:
        FileNotFoundError, ValueError: An input cannot be used.
        RuntimeError: A task failed; the text holds the reason.
    """
    check_options(options)
    body_file, gender = options.fit.get("model_file"), options.fit.get("gender", "neutral")
    model = load_body(str(body_file) if body_file else None, str(gender))
    inputs = {"--keypoints": options.keypoints, "--cameras": options.cameras}
    inputs |= {f"--video {index}": video for index, video in enumerate(options.videos, 1)}
    refuse_to_replace_inputs(inputs, [options.output / name for name in (*WHAT, "report.json")])
    with held_folder(options.output), staged_outputs(options.output) as staging:
        _check_outputs(options)
        given, noticed = _with_rate_of_video(options)
        report = _run(replace(given, output=staging), model, noticed)
    report.show(options.output)
    return report


def _run(options: MotionOptions, model: BodyModel, noticed: list[str]) -> MotionReport:
    seconds = {}
    with Progress(transient=True) as progress:
        bar = progress.add_task("triangulation and fit", total=None)
        start = time.perf_counter()
        workflow = motion_workflow(options.triangulation_parameters, options.fit_parameters)
        run_workflow(workflow)
        seconds["triangulation and fit"] = time.perf_counter() - start
        progress.update(bar, total=1, completed=1)
        triangulation, fit = (task_of(workflow, name) for name in (TRIANGULATION, FIT))
        _write_pictures(triangulation, fit, options)
        start = time.perf_counter()
        if options.has_preview:
            drawn = progress.add_task("preview")
            write_preview(
                options,
                triangulation,
                fit,
                model=model,
                progress=lambda share: progress.update(drawn, total=1, completed=share),
            )
        seconds["preview"] = time.perf_counter() - start
    report = MotionReport(
        dict(triangulation.get_output(TriangulationOutput.REPORT).data),
        dict(fit.get_output(FitOutput.REPORT).data),
        seconds,
        [name for name in WHAT if (options.output / name).is_file()],
        noticed,
    )
    report.write(options.output)
    return report


def _check_outputs(options: MotionOptions) -> None:
    """Refuse to start where a folder has the name of a result."""
    for name in (*WHAT, "report.json"):
        if (options.output / name).is_dir():
            raise ValueError(f"{options.output / name} is a folder: name another --output")


def _with_rate_of_video(options: MotionOptions) -> tuple[MotionOptions, list[str]]:
    """With the video's frame rate where no other is told, and what is odd about it."""
    if not options.videos:
        return options, []
    told: Any = options.triangulation.get("fps")
    rate = float(VideoInfo.from_path(options.videos[0]).rate)
    try:
        is_archive = options.keypoints.suffix.lower() == ".npz"
        told = told or (is_archive and read_arrays(options.keypoints, ["fps"]).get("fps"))
    except (OSError, ValueError):
        # The triangulation says what is wrong with the file.
        return options, []
    if not told:
        return replace(options, triangulation={**options.triangulation, "fps": rate}), []
    if abs(float(told) / rate - 1) < RATES_DIFFER:
        return options, []
    return options, [
        f"{options.videos[0].name} has {rate:g} frames a second, {float(told):g} are told and "
        "taken: --fps sets another"
    ]


def _write_pictures(triangulation: Any, fit: Any, options: MotionOptions) -> None:
    pictures = {
        "reconstruction.png": triangulation.get_output(TriangulationOutput.PICTURE),
        "body.png": fit.get_output(FitOutput.CONTACT_SHEET),
    }
    if options.videos:
        pictures["overlay.png"] = fit.get_output(FitOutput.OVERLAY)
    for name, output in pictures.items():
        write_picture(options.output / name, output.get_image())
