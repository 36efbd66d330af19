"""The first pass: the empty background of a video."""

from __future__ import annotations

import logging

import numpy as np

from extract_background.ports import Input, Output
from infer_background_matting.bgm_network.scene import compare_scene
from workflows.matting.graph import PLATE, plate_workflow
from workflows.matting.job import VideoJob
from workflows.matting.masks import PeopleFinder
from workflows.plugins import run_workflow, task_of

logger = logging.getLogger(__name__)


def find_plate(job: VideoJob, finder: PeopleFinder | None) -> np.ndarray:
    """Return the plate of the job's video, uint8 RGB (H, W, 3), and report how good it is.

    ``coverage.png``, where the plate was seen, is written beside the outputs. Without a finder
    nobody finds the people.
    """
    report = job.report
    workflow = plate_workflow(matte=False if finder is None else "input")
    extract = task_of(workflow, PLATE)
    last: np.ndarray | None = None
    with report.timed("pass 1: plate"):
        for frame in job.frames("plate"):
            last = frame.image
            workflow.set_image_input(array=last, index=Input.FRAMES)
            if finder is not None:
                people = finder.find(last)
                report.empty_masks += people.is_empty
                workflow.set_image_input(array=people.mask, index=Input.MATTES)
            run_workflow(workflow)
        with report.timed("of it estimation"), job.progress("estimation") as tell:
            extract.finish(tell)
    report.plate = dict(extract.get_output(Output.REPORT).data)
    for warning in report.plate.get("warnings", []):
        report.warn(warning)
    if report.empty_masks == report.frames:
        report.warn(f"The masks ({report.matte}) show nobody in any frame; try another --matte")
    plate = extract.get_output(Output.BACKGROUND).get_image().copy()
    match = None if last is None else compare_scene(last, plate)
    if match is not None and not match.is_same_scene:
        text = (
            f"The plate does not look like the video: {match}. The camera seems to move; "
            "background matting needs a fixed one. Use infer_rvm's own alpha for this video."
        )
        logger.warning(text)
        report.warn(text)
    job.write_picture("coverage", extract.get_output(Output.COVERAGE).get_image())
    return plate
