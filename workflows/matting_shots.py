"""What the second pass writes for each frame: as matted, or made stable along the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from plugin_kit.pictures import blend, cut_out, to_uint8

COMPOSITE, ALPHA, FOREGROUND = 0, 1, 2
REFINED_ALPHA = 3


@dataclass(frozen=True)
class Shot:
    """The pictures of one frame, uint8, and its timestamp."""

    pts: int
    composite: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray


class Shots(Protocol):
    """Turns what the tasks published after each run into finished frames, in order."""

    def after_run(self, pts: int, behind: np.ndarray | None) -> list[Shot]: ...

    def finish(self) -> list[Shot]: ...


class PlainShots:
    """Frames as infer_background_matting made them."""

    def __init__(self, matting: Any) -> None:
        self._matting = matting

    def after_run(self, pts: int, behind: np.ndarray | None) -> list[Shot]:
        """The frame that was just matted; ``behind`` is in its composite already."""
        pictures = (self._matting.get_output(i).get_image() for i in (COMPOSITE, ALPHA, FOREGROUND))
        return [Shot(pts, *pictures)]

    def finish(self) -> list[Shot]:
        return []


class StableShots:
    """Frames whose alpha infer_flow_matting refined with the frame before and the one after.

    Its ``timing=delayed`` publishes a frame when the next one has come, so each frame's colours
    wait for their alpha.
    """

    def __init__(self, matting: Any, flow: Any) -> None:
        self._matting, self._flow = matting, flow
        self._waiting: tuple[int, np.ndarray, np.ndarray | None] | None = None

    def after_run(self, pts: int, behind: np.ndarray | None) -> list[Shot]:
        """The frame before, now that its neighbours are known; nothing after the first."""
        finished = self._finished()
        foreground = self._matting.get_output(FOREGROUND).get_image()
        self._waiting = (pts, foreground, behind)
        return finished

    def finish(self) -> list[Shot]:
        """The last frame."""
        if self._waiting is None:
            return []
        self._flow.finish()
        return self._finished()

    def _finished(self) -> list[Shot]:
        if self._waiting is None:
            return []
        pts, foreground, behind = self._waiting
        alpha = self._flow.get_output(REFINED_ALPHA).get_array()
        composite = (
            cut_out(foreground, alpha) if behind is None else blend(foreground, alpha, behind)
        )
        return [Shot(pts, composite, to_uint8(alpha), foreground)]
