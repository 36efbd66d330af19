"""The second pass: every frame matted against the plate, and written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from infer_background_matting.ports import Input
from infer_background_matting.ports import Output as MattingOutput
from infer_flow_matting.ports import Output as FlowOutput
from plugin_kit.pictures import blend, cut_out, to_uint8
from plugin_kit.video import Frame
from workflows.matting.background import NewBackground
from workflows.matting.graph import FLOW, MATTING
from workflows.matting.job import VideoJob
from workflows.plugins import run_workflow, task_of


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
    collector = (StabilisedOutputs if job.options.stabilise else MattedOutputs)(workflow)
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=Input.SOURCE)
    workflow.set_image_input(array=plate, index=Input.BACKGROUND)
    channels = {"composite": 3 if backdrop else 4, "alpha": 1, "foreground": 3}
    sinks = job.open_sinks(channels)
    report = job.report
    with report.timed("pass 2: matting"), ExitStack() as stack:
        for sink in sinks.values():
            stack.enter_context(sink)

        def write(finished: list[FrameOutputs]) -> None:
            for outputs in finished:
                for name, sink in sinks.items():
                    sink.write(getattr(outputs, name), outputs.pts, outputs.duration)

        shown = None
        for frame in job.frames("matting"):
            if backdrop is not None:
                behind = backdrop(float(frame.pts * job.info.time_base), frame.image)
                if behind is not shown:
                    workflow.set_image_input(array=behind, index=Input.NEW_BACKGROUND)
                    shown = behind
            workflow.set_image_input(array=frame.image, index=Input.SOURCE)
            with report.timed("of it network task"):
                run_workflow(workflow)
            with report.timed("of it waiting for encoders"):
                write(collector.collect(frame, shown))
        write(collector.finish())
    for sink in sinks.values():
        for warning in sink.warnings:
            report.warn(warning)


@dataclass(frozen=True)
class FrameOutputs:
    """The pictures of one frame, uint8, its timestamp and its duration."""

    pts: int
    duration: int
    composite: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray


class MattedOutputs:
    """Takes what the tasks published after each run, and gives finished frames, in order."""

    def __init__(self, workflow: Any) -> None:
        self._matting = task_of(workflow, MATTING)

    def collect(self, frame: Frame, behind: np.ndarray | None) -> list[FrameOutputs]:
        """The frame that was just matted; ``behind`` is in its composite already."""
        ports = (MattingOutput.COMPOSITE, MattingOutput.ALPHA, MattingOutput.FOREGROUND)
        pictures = (self._matting.get_output(port).get_image() for port in ports)
        return [FrameOutputs(frame.pts, frame.duration, *pictures)]

    def finish(self) -> list[FrameOutputs]:
        """What still waits after the last run."""
        return []


class StabilisedOutputs(MattedOutputs):
    """Frames whose alpha infer_flow_matting refined with the frame before and the one after.

    Its ``timing=delayed`` publishes a frame when the next one has come, so each frame's colours
    wait for their alpha.
    """

    def __init__(self, workflow: Any) -> None:
        super().__init__(workflow)
        self._flow = task_of(workflow, FLOW)
        self._waiting: tuple[Frame, np.ndarray, np.ndarray | None] | None = None

    def collect(self, frame: Frame, behind: np.ndarray | None) -> list[FrameOutputs]:
        """The frame before, now that its neighbours are known; nothing after the first."""
        finished = self._finished()
        foreground = self._matting.get_output(MattingOutput.FOREGROUND).get_image()
        self._waiting = (frame, foreground, behind)
        return finished

    def finish(self) -> list[FrameOutputs]:
        if self._waiting is not None:
            self._flow.finish()
        return self._finished()

    def _finished(self) -> list[FrameOutputs]:
        if self._waiting is None:
            return []
        frame, foreground, behind = self._waiting
        alpha = self._flow.get_output(FlowOutput.ALPHA_ARRAY).get_array()
        composite = (
            cut_out(foreground, alpha) if behind is None else blend(foreground, alpha, behind)
        )
        return [FrameOutputs(frame.pts, frame.duration, composite, to_uint8(alpha), foreground)]
