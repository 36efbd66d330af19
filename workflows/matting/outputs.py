"""What the second pass writes for each frame: as matted, or made stable along the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from infer_background_matting.ports import Output as MattingOutput
from infer_flow_matting.ports import Output as FlowOutput
from plugin_kit.pictures import blend, cut_out, to_uint8


@dataclass(frozen=True)
class FrameOutputs:
    """The pictures of one frame, uint8, and its timestamp."""

    pts: int
    composite: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray


class OutputCollector(Protocol):
    """Takes what the tasks published after each run, and gives finished frames, in order."""

    def collect(self, pts: int, behind: np.ndarray | None) -> list[FrameOutputs]: ...

    def finish(self) -> list[FrameOutputs]: ...


class MattedOutputs:
    """Frames as infer_background_matting made them."""

    def __init__(self, matting: Any) -> None:
        self._matting = matting

    def collect(self, pts: int, behind: np.ndarray | None) -> list[FrameOutputs]:
        """The frame that was just matted; ``behind`` is in its composite already."""
        ports = (MattingOutput.COMPOSITE, MattingOutput.ALPHA, MattingOutput.FOREGROUND)
        return [FrameOutputs(pts, *(self._matting.get_output(port).get_image() for port in ports))]

    def finish(self) -> list[FrameOutputs]:
        return []


class StabilisedOutputs:
    """Frames whose alpha infer_flow_matting refined with the frame before and the one after.

    Its ``timing=delayed`` publishes a frame when the next one has come, so each frame's colours
    wait for their alpha.
    """

    def __init__(self, matting: Any, flow: Any) -> None:
        self._matting, self._flow = matting, flow
        self._waiting: tuple[int, np.ndarray, np.ndarray | None] | None = None

    def collect(self, pts: int, behind: np.ndarray | None) -> list[FrameOutputs]:
        """The frame before, now that its neighbours are known; nothing after the first."""
        finished = self._finished()
        foreground = self._matting.get_output(MattingOutput.FOREGROUND).get_image()
        self._waiting = (pts, foreground, behind)
        return finished

    def finish(self) -> list[FrameOutputs]:
        """The last frame."""
        if self._waiting is None:
            return []
        self._flow.finish()
        return self._finished()

    def _finished(self) -> list[FrameOutputs]:
        if self._waiting is None:
            return []
        pts, foreground, behind = self._waiting
        alpha = self._flow.get_output(FlowOutput.ALPHA_ARRAY).get_array()
        composite = (
            cut_out(foreground, alpha) if behind is None else blend(foreground, alpha, behind)
        )
        return [FrameOutputs(pts, composite, to_uint8(alpha), foreground)]
