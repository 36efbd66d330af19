"""The second pass: every frame matted against the plate, and written."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from infer_background_matting.ports import Input
from workflows.matting.background import NewBackground
from workflows.matting.graph import FLOW, MATTING
from workflows.matting.job import VideoJob
from workflows.matting.outputs import (
    FrameOutputs,
    MattedOutputs,
    OutputCollector,
    StabilisedOutputs,
)
from workflows.media.video_writer import VideoSink
from workflows.plugins import task_of


def matte_video(
    job: VideoJob, workflow: Any, plate: np.ndarray, *, backdrop: NewBackground | None
) -> None:
    """Write composite, alpha and foreground of the job's video.

    Args:
        job: The video.
        workflow: That of the second pass.
        plate: uint8 RGB (H, W, 3).
        backdrop: What the composite has behind the person; None: nothing, it is RGBA.
    """
    collector = _collector(workflow, job.options.stabilise)
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=Input.SOURCE)
    workflow.set_image_input(array=plate, index=Input.BACKGROUND)
    channels = {"composite": 3 if backdrop else 4, "alpha": 1, "foreground": 3}
    report = job.report
    with report.timed("pass 2: matting"), ExitStack() as stack:
        sinks = {
            name: stack.enter_context(job.open_sink(name, count))
            for name, count in channels.items()
        }
        first_pts: int | None = None
        shown = None
        for frame in job.frames("matting"):
            first_pts = frame.pts if first_pts is None else first_pts
            if backdrop is not None:
                behind = backdrop.at(float((frame.pts - first_pts) * job.info.time_base))
                if behind is not shown:
                    workflow.set_image_input(array=behind, index=Input.NEW_BACKGROUND)
                    shown = behind
            workflow.set_image_input(array=frame.image, index=Input.SOURCE)
            with report.timed("of it network task"):
                workflow.run()
            with report.timed("of it waiting for encoders"):
                _write(sinks, collector.collect(frame.pts, shown))
        _write(sinks, collector.finish())


def _collector(workflow: Any, is_stabilised: bool) -> OutputCollector:
    matting = task_of(workflow, MATTING)
    if not is_stabilised:
        return MattedOutputs(matting)
    return StabilisedOutputs(matting, task_of(workflow, FLOW))


def _write(sinks: dict[str, VideoSink], finished: list[FrameOutputs]) -> None:
    for outputs in finished:
        for name, sink in sinks.items():
            sink.write(getattr(outputs, name), outputs.pts)
