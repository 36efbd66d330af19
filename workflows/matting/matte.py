"""The second pass: every frame's alpha, made stable, and written with what goes with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from infer_flow_matting.flow_matting_engine import DisFlow, FlowRefiner
from plugin_kit.foreground import extend_foreground
from plugin_kit.pictures import blend, cut_out, to_uint8
from plugin_kit.video import Frame
from workflows.matting.alphas import AlphaSource, Unfinished
from workflows.matting.background import NewBackground
from workflows.matting.following import Following
from workflows.matting.job import VideoJob

# Mattes of real people in pictures of this long side come out as stable by the faster flow.
LARGE = 640


def matte_video(job: VideoJob, alphas: AlphaSource, *, backdrop: NewBackground | None) -> None:
    """Write composite, alpha and foreground of the job's video.

    Args:
        job: The video.
        alphas: Makes the alpha of each frame.
        backdrop: What the composite has behind the person; None: nothing, it is RGBA.
    """
    stabiliser = None
    if job.options.is_stabilised:
        stabiliser = FlowStabiliser(max(job.info.width, job.info.height))
    channels = {"composite": 3 if backdrop else 4, "alpha": 1, "foreground": 3}
    sinks = job.open_sinks(channels)
    report = job.report
    with report.timed("pass 2: matting"), ExitStack() as stack:
        for sink in sinks.values():
            stack.enter_context(sink)
        behind_it = stack.enter_context(Following())

        def write(finished: list[MattedFrame]) -> None:
            for matted in finished:
                with report.timed("of it colours"):
                    outputs = outputs_of(matted, sinks)
                with report.timed("of it waiting for encoders"):
                    for name, sink in sinks.items():
                        sink.write(outputs[name], matted.frame.pts, matted.frame.duration)

        def finish(frame: Frame, unfinished: Unfinished, foreground: np.ndarray | None) -> None:
            with report.timed("of it fusing"):
                alpha = unfinished()
            seconds = float(frame.pts * job.info.time_base)
            behind = backdrop(seconds, frame.image, alpha) if backdrop else None
            matted = MattedFrame(frame, behind, alpha, foreground)
            with report.timed("of it stabilising"):
                finished = [matted] if stabiliser is None else stabiliser.push(matted)
            write(finished)

        for index, frame in enumerate(job.frames_again("matting")):
            with report.timed("of it networks"):
                unfinished = alphas(index, frame.image)
            behind_it.do(finish, frame, unfinished, alphas.foreground)
        behind_it.wait()
        write([] if stabiliser is None else stabiliser.finish())
    for sink in sinks.values():
        for warning in sink.warnings:
            report.warn(warning)


@dataclass(frozen=True)
class MattedFrame:
    """A frame, what is to be behind the person, uint8 RGB or None, and the alpha, float32.

    Attributes:
        foreground: The person's own colours, where who made the alpha knows them; else None.
    """

    frame: Frame
    behind: np.ndarray | None
    alpha: np.ndarray
    foreground: np.ndarray | None = None


def outputs_of(matted: MattedFrame, wanted: Collection[str]) -> dict[str, np.ndarray]:
    """The pictures of a frame, uint8, by their names; all of them go with its final alpha.

    Args:
        matted: The frame.
        wanted: Which of composite, alpha and foreground: colours take a while.
    """
    alpha, behind = matted.alpha, matted.behind
    outputs = {"alpha": to_uint8(alpha)} if "alpha" in wanted else {}
    if not {"composite", "foreground"} & set(wanted):
        return outputs
    foreground = matted.foreground
    if foreground is None:
        foreground = extend_foreground(matted.frame.image, alpha)
    outputs["foreground"] = foreground
    if "composite" in wanted:
        if behind is None:
            outputs["composite"] = cut_out(foreground, alpha)
        else:
            outputs["composite"] = blend(foreground, alpha, behind)
    return outputs


class FlowStabiliser:
    """Makes each alpha stable with the frame before and the one after, so it comes a frame late.

    Args:
        long_side: Of the frames, in pixels.
    """

    def __init__(self, long_side: int) -> None:
        self._refiner = FlowRefiner(flow=DisFlow(is_fast=long_side >= LARGE))
        self._waiting: deque[MattedFrame] = deque()

    def push(self, matted: MattedFrame) -> list[MattedFrame]:
        """Take the next frame; return those that are finished, in order."""
        refined = self._refiner.push(matted.frame.image, matted.alpha)
        self._waiting.append(matted)
        return [] if refined is None else [self._finished(refined.alpha)]

    def finish(self) -> list[MattedFrame]:
        """The last frame."""
        refined = self._refiner.flush()
        return [] if refined is None else [self._finished(refined.alpha)]

    def _finished(self, alpha: np.ndarray) -> MattedFrame:
        matted = self._waiting.popleft()
        return replace(matted, alpha=alpha)
