"""The motion chain's steps: run the workflow, draw the preview, write the report."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from rich.progress import Progress

from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_smpl_fit.ports import Output as FitOutput
from plugin_kit.picture_files import write_picture
from workflows.motion.graph import FIT, TRIANGULATION, motion_workflow
from workflows.motion.options import MotionOptions, check_options
from workflows.motion.preview import write_preview
from workflows.motion.report import WHAT, MotionReport
from workflows.output_folder import held_folder, refuse_to_replace_inputs, staged_outputs
from workflows.plugins import run_workflow, task_of


def run_motion(options: MotionOptions) -> MotionReport:
    """Run the chain; every file appears whole or not at all.

    Raises:
        FileNotFoundError, ValueError: An input cannot be used.
        RuntimeError: A task failed; the text holds the reason.
    """
    check_options(options)
    inputs = {"--keypoints": options.keypoints, "--cameras": options.cameras}
    inputs |= {f"--video {index}": video for index, video in enumerate(options.videos, 1)}
    refuse_to_replace_inputs(inputs, [options.output / name for name in (*WHAT, "report.json")])
    with held_folder(options.output), staged_outputs(options.output) as staging:
        report = _run(replace(options, output=staging))
    report.show(options.output)
    return report


def _run(options: MotionOptions) -> MotionReport:
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
                progress=lambda share: progress.update(drawn, total=1, completed=share),
            )
        seconds["preview"] = time.perf_counter() - start
    report = MotionReport(
        dict(triangulation.get_output(TriangulationOutput.REPORT).data),
        dict(fit.get_output(FitOutput.REPORT).data),
        seconds,
        [name for name in WHAT if (options.output / name).is_file()],
    )
    report.write(options.output)
    return report


def _write_pictures(triangulation: Any, fit: Any, options: MotionOptions) -> None:
    pictures = {
        "reconstruction.png": triangulation.get_output(TriangulationOutput.PICTURE),
        "body.png": fit.get_output(FitOutput.CONTACT_SHEET),
    }
    if options.videos:
        pictures["overlay.png"] = fit.get_output(FitOutput.OVERLAY)
    for name, output in pictures.items():
        write_picture(options.output / name, output.get_image())
