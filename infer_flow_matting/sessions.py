"""One sequence of frames through the engine, by whichever of its ways the user asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .flow_matting_engine.flow import DenseFlow
from .flow_matting_engine.matter import FlowMatter
from .flow_matting_engine.refining import FlowRefiner, Refined
from .matte_files import SAME_FRAME, RefinedFiles, is_same

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Files:
    """Where a frame and its coarse matte come from; empty where from no file.

    ``are_shown``: whether the mattes should also be what input 1 shows.
    """

    source: str = ""
    mattes: str = ""
    are_shown: bool = False


class Session(Protocol):
    """Frames of one sequence in, results out."""

    def begin(self, frame: np.ndarray, files: Files) -> None: ...

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> Refined: ...


class StreamSession:
    """Mattes as they come: causal, or delayed by a frame.

    Args:
        timing: ``causal`` or ``delayed``.
        flow, cut_threshold: As for ``FlowRefiner``.
    """

    def __init__(self, timing: str, flow: DenseFlow, cut_threshold: float) -> None:
        method = "causal" if timing == "causal" else "median"
        self._refiner = FlowRefiner(method, flow, cut_threshold)
        self._last: Refined | None = None

    def begin(self, frame: np.ndarray, files: Files) -> None:
        self._refiner.reset()
        self._last = None

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> Refined:
        """The frame's result, or (delayed) the one before's; at a start the matte as it is."""
        if coarse is None:
            raise ValueError(
                "mode=refine needs the coarse matte: connect it to input 1 (picture) or input 2 "
                "(array) of infer_flow_matting, or set alpha_video_path"
            )
        if steps == 0 and self._last is not None:
            return self._last
        result = self._refiner.push(frame, coarse)
        self._last = result if result is not None else _as_it_is(frame, coarse)
        return self._last

    def finish(self) -> Refined | None:
        """The delayed way's last frame, or None."""
        return self._refiner.flush()


class FilesSession:
    """Mattes read ahead from a file: both neighbours are known, and nothing is late.

    Falls back to the past alone, with a warning, where the files' first frames are not what Ikomia
    shows: someone began in the middle, or a task stands between file and input.
    """

    def __init__(self, flow: DenseFlow, cut_threshold: float) -> None:
        self._flow, self._cut = flow, cut_threshold
        self._files: RefinedFiles | None = None
        self._fallback: StreamSession | None = None
        self._names, self._is_first = Files(), True

    def begin(self, frame: np.ndarray, files: Files) -> None:
        if self._files is not None:
            self._files.close()
        self._files = RefinedFiles(files.source, files.mattes, self._flow, self._cut)
        self._fallback, self._names, self._is_first = None, files, True

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> Refined:
        if self._fallback is None:
            result = self._files.advance(steps)
            is_first, self._is_first = self._is_first, False
            if not is_first or self._are_shown(result, frame, coarse):
                return result
            if coarse is None:
                raise ValueError(
                    f"{self._names.mattes} is read from its first frame on, but the frame shown is "
                    f"not the first of {self._names.source}: run the video from its start"
                )
            logger.warning(
                "%s and %s do not begin with what the inputs show: refining from the past alone. "
                "Run the video from its start, and connect the mattes' video itself.",
                self._names.source,
                self._names.mattes,
            )
            self._fallback = StreamSession("causal", self._flow, self._cut)
        return self._fallback.advance(frame, coarse, steps)

    def _are_shown(self, first: Refined, frame: np.ndarray, coarse: np.ndarray | None) -> bool:
        if not is_same(first.frame, frame):
            return False
        if not self._names.are_shown or coarse is None:
            return True
        return is_same(self._files.first_matte, coarse, SAME_FRAME / 255)


class NetworkSession:
    """Frames through the trained network."""

    def __init__(self, matter: FlowMatter) -> None:
        self._matter = matter

    def begin(self, frame: np.ndarray, files: Files) -> None:
        self._matter.reset()
        self._last: Refined | None = None

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> Refined:
        """The network's matte; its distance from one half is the confidence."""
        # A repeated frame would seem to have no motion.
        if steps == 0 and self._last is not None:
            return self._last
        matte = self._matter(frame, coarse)
        confidence, begins = np.abs(2 * matte.alpha - 1), self._last is None
        self._last = Refined(frame, matte.alpha, confidence, matte.flow, begins)
        return self._last


def _as_it_is(frame: np.ndarray, coarse: np.ndarray) -> Refined:
    flow = np.zeros((*coarse.shape, 2), np.float32)
    return Refined(frame, coarse, np.zeros_like(coarse), flow, True)
