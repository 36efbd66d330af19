"""One sequence of frames through the engine, by whichever of its ways the user asked for.

What needs PyTorch is imported where it is asked for: the defaults do without.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from .flow_matting_engine import DenseFlow, DisFlow, FlowRefiner, RefinedMatte
from .infer_flow_matting_kit.device import Device, device_of
from .infer_flow_matting_kit.extras import check_installed
from .infer_flow_matting_kit.video import matching_matrix
from .matte_files import SAME_FRAME, RefinedFiles, SourceFiles, is_same
from .parameters import Settings

if TYPE_CHECKING:
    from .flow_matting_engine.stream import FlowMattingStream

logger = logging.getLogger(__name__)

# How a sequence is worked on: by the network, or refined with these neighbours.
Way = Literal["network", "centred", "delayed", "causal"]


class Session(Protocol):
    """Frames of one sequence in, results out."""

    def begin(self, files: SourceFiles) -> None: ...

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> RefinedMatte: ...


class StreamSession:
    """Mattes as they come: causal, or delayed by a frame; for the rest see ``FlowRefiner``."""

    def __init__(self, timing: Way, flow: DenseFlow, cut_threshold: float) -> None:
        method = "causal" if timing == "causal" else "median"
        self._refiner = FlowRefiner(method, flow, cut_threshold)
        self._last: RefinedMatte | None = None

    def begin(self, files: SourceFiles) -> None:
        self._refiner.reset()
        self._last = None

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> RefinedMatte:
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

    def finish(self) -> RefinedMatte | None:
        """The delayed way's last frame, or None."""
        return self._refiner.flush()


class FilesSession:
    """Mattes read ahead from a file: both neighbours are known, and nothing is late.

    Falls back to the past alone, with a warning, where the files' first frames are not what Ikomia
    shows: someone began in the middle, or a task stands between file and input.
    """

    def __init__(self, flow: DenseFlow, cut_threshold: float) -> None:
        self._flow, self._cut_threshold = flow, cut_threshold
        self._files = SourceFiles()
        self._results: RefinedFiles | None = None
        self._fallback: StreamSession | None = None

    def begin(self, files: SourceFiles) -> None:
        if self._results is not None:
            self._results.close()
        self._files, self._results, self._fallback = files, None, None

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> RefinedMatte:
        if self._fallback is not None:
            return self._fallback.advance(frame, coarse, steps)
        if self._results is not None:
            return self._results.advance(steps)
        match = matching_matrix(self._files.source, "auto", frame)
        self._results = RefinedFiles(
            self._files, self._flow, self._cut_threshold, color_matrix=match.color_matrix
        )
        first = self._results.advance(steps)
        matte = self._results.first_matte if self._files.are_shown else None
        if is_same(first.frame, frame) and (
            matte is None or coarse is None or is_same(matte, coarse, SAME_FRAME / 255)
        ):
            return first
        self._fallback = self._causal_session(coarse)
        return self._fallback.advance(frame, coarse, steps)

    def _causal_session(self, coarse: np.ndarray | None) -> StreamSession:
        source, mattes = self._files.source, self._files.mattes
        if coarse is None:
            raise ValueError(
                f"{mattes} is read from its first frame on, but the frame shown is not the first "
                f"of {source}: run the video from its start"
            )
        logger.warning(
            "%s and %s do not begin with what the inputs show: refining from the past alone. "
            "Run the video from its start, and connect the mattes' video itself.",
            source,
            mattes,
        )
        return StreamSession("causal", self._flow, self._cut_threshold)


class NetworkSession:
    """Frames through the trained network."""

    def __init__(self, stream: FlowMattingStream) -> None:
        self._stream = stream
        self._last: RefinedMatte | None = None

    def begin(self, files: SourceFiles) -> None:
        self._stream.reset()
        self._last = None

    def advance(self, frame: np.ndarray, coarse: np.ndarray | None, steps: int) -> RefinedMatte:
        """The network's matte; its distance from one half is the confidence."""
        # A repeated frame would seem to have no motion.
        if steps == 0 and self._last is not None:
            return self._last
        matte = self._stream(frame, coarse)
        confidence, begins = np.abs(2 * matte.alpha - 1), self._last is None
        self._last = RefinedMatte(frame, matte.alpha, confidence, matte.flow, begins)
        return self._last


def _as_it_is(frame: np.ndarray, coarse: np.ndarray) -> RefinedMatte:
    flow = np.zeros((*coarse.shape, 2), np.float32)
    return RefinedMatte(frame, coarse, np.zeros_like(coarse), flow, True)


def way_of(settings: Settings, files: SourceFiles) -> Way:
    """How to work, as the parameters ask and the inputs allow; ValueError where they do not."""
    if settings.mode == "network":
        return "network"
    reads_on = settings.sequence in ("auto", "video")
    can_look_ahead = bool(files.source and files.mattes) and reads_on
    if settings.timing == "centred" and not can_look_ahead:
        raise ValueError(
            "timing=centred reads the next matte ahead, so it needs a video and its mattes as "
            "a video (input 1 or alpha_video_path); else use delayed or causal"
        )
    if settings.alpha_video_path and not (
        can_look_ahead and settings.timing in ("auto", "centred")
    ):
        raise ValueError(
            "alpha_video_path is read beside a video at input 0, with timing auto or centred "
            "and sequence auto or video; otherwise connect the mattes to input 1"
        )
    if settings.timing == "auto":
        return "centred" if can_look_ahead else "causal"
    return settings.timing


def session_of(settings: Settings, way: Way) -> Session:
    """What works that way.

    Raises:
        FileNotFoundError, ValueError: A file of weights is wrong.
        ImportError: What is asked for needs PyTorch, and it is not installed.
    """
    if settings.device == "cuda":
        _device_of(settings)
    flow = _flow_of(settings)
    if way == "network":
        return _network_session(settings, flow)
    if way == "centred":
        return FilesSession(flow, settings.scene_cut)
    return StreamSession(way, flow, settings.scene_cut)


def _network_session(settings: Settings, flow: DenseFlow) -> NetworkSession:
    check_installed("mode=network", "torch", "pooch", instead="set mode=refine")
    from .checkpoints import load_network
    from .flow_matting_engine.stream import FlowMattingStream

    device = _device_of(settings)
    network, size = load_network(settings.model_weight_file), settings.network_size
    return NetworkSession(FlowMattingStream(network, flow, device=device, long_side=size))


def _flow_of(settings: Settings) -> DenseFlow:
    if settings.flow == "dis":
        return DisFlow(settings.flow_size)
    if not settings.flow_weight_file:
        raise ValueError("flow=raft needs flow_weight_file: torchvision's RAFT weights")
    check_installed("flow=raft", "torch", "torchvision", "pooch", instead="set flow=dis")
    from .infer_flow_matting_kit.flow.raft_flow import RaftFlow
    from .infer_flow_matting_kit.weights import user_file

    path = user_file(settings.flow_weight_file, "flow_weight_file")
    return RaftFlow(path, _device_of(settings), settings.flow_size)


def _device_of(settings: Settings) -> Device:
    check_installed(f"device={settings.device}", "torch", instead="set device=auto")
    return device_of(settings.device)
