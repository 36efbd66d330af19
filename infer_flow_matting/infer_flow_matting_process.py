"""The Ikomia task of flow matting: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from ikomia import core, dataprocess

from infer_flow_matting.checkpoints import load_network
from infer_flow_matting.flow_matting_engine import DisFlow, FlowMatter, RaftFlow, Refined
from infer_flow_matting.flow_matting_engine.pictures import (
    as_matte,
    as_rgb,
    composited,
    to_uint8,
)
from infer_flow_matting.openmp import keep_teams_whole
from infer_flow_matting.parameters import InferFlowMattingParam, Settings
from infer_flow_matting.sequence import SequenceWatch
from infer_flow_matting.sessions import (
    Files,
    FilesSession,
    NetworkSession,
    Session,
    StreamSession,
)

SOURCE, COARSE, COARSE_ARRAY = range(3)
COMPOSITE, ALPHA, FRAME, ALPHA_ARRAY, CONFIDENCE, FLOW = range(6)


class InferFlowMatting(dataprocess.C2dImageTask):
    """Video and coarse mattes → composite, refined alpha, its frame, confidence, flow."""

    def __init__(self, name: str, param: InferFlowMattingParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        for _ in range(2):
            self.add_input(dataprocess.CImageIO())
        self.add_input(dataprocess.CArrayIO())
        for _ in range(3):
            self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CArrayIO())
        self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CArrayIO())
        self.set_param_object(copy.deepcopy(param) if param else InferFlowMattingParam())
        self._built_from: tuple | None = None
        self._session: Session | None = None
        self._watch = SequenceWatch()

    def get_progress_steps(self) -> int:
        return 3

    def init_long_process(self) -> None:
        """Load the network, so that the first frame does not wait for it."""
        if self.get_param_object().settings.mode == "network":
            self._matting("network")
        super().init_long_process()

    def run(self) -> None:
        """Refine or matte the current frame.

        Raises:
            ValueError: An input is missing, or a parameter does not suit it.
            FileNotFoundError: A file named in a parameter does not exist.
        """
        settings = self.get_param_object().settings
        connected = self.get_input(SOURCE)
        image = _shown(connected)
        if image is None:
            raise ValueError(
                "input 0 of infer_flow_matting is empty: it takes a picture or a video"
            )
        frame = as_rgb(image)
        coarse = self._coarse(image)
        files = self._files(settings)
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        before = self._session
        session = self._matting(self._timing(files))
        begins = self._watch.is_new(connected, image, settings.sequence)
        if begins or session is not before:
            session.begin(frame, files)
        result = session.advance(frame, coarse, self._watch.steps)
        self.emit_step_progress()
        self._publish(result, settings)
        self.emit_step_progress()
        self.end_task_run()

    def finish(self) -> bool:
        """Publish the last frame that ``timing=delayed`` still owes; False if there is none."""
        result = self._session.finish() if isinstance(self._session, StreamSession) else None
        if result is not None:
            self._publish(result, self.get_param_object().settings)
        return result is not None

    def _timing(self, files: Files) -> str:
        settings = self.get_param_object().settings
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

    def _files(self, settings: Settings) -> Files:
        source, mattes = self._file_of(SOURCE), self._file_of(COARSE)
        if settings.alpha_video_path:
            return Files(source, settings.alpha_video_path)
        # What another task makes of the video carries the video's own path.
        return Files(source, mattes, are_shown=True) if mattes != source else Files(source)

    def _file_of(self, index: int) -> str:
        connected = self.get_input(index)
        is_video = isinstance(connected, dataprocess.CVideoIO) and connected.is_data_available()
        return connected.source_file_path if is_video else ""

    def _coarse(self, image: np.ndarray) -> np.ndarray | None:
        """The matte at input 2 or else input 1, float32 (H, W) in 0..1; None without any.

        Raises:
            ValueError: It is the frame itself, as when Ikomia connects one source to all inputs.
        """
        array = self.get_input(COARSE_ARRAY)
        exact = array.get_array() if array and array.is_data_available() else None
        matte = exact if exact is not None and exact.size else _shown(self.get_input(COARSE))
        if matte is None:
            return None
        is_frame = matte.shape == image.shape and np.ptp(image) > 0
        if is_frame and image.ndim == 3 and np.array_equal(matte, image):
            raise ValueError(
                "input 1 of infer_flow_matting is the frame itself, not its matte: connect the "
                "tasks explicitly (auto_connect wires one source to every input)"
            )
        return as_matte(matte, *image.shape[:2])

    def _matting(self, timing: str) -> Session:
        s = self.get_param_object().settings
        device = self._device(s)
        flow_file = s.flow_weight_file if s.flow == "raft" else ""
        key = (timing, s.flow, flow_file, s.flow_size, s.scene_cut, device)
        if timing == "network":
            key = (*key, s.model_weight_file, s.network_size)
        if key != self._built_from:
            self._session = self._built(s, timing, device)
            self._built_from = key
        return self._session

    @staticmethod
    def _built(settings: Settings, timing: str, device: str) -> Session:
        if settings.flow == "raft":
            if not settings.flow_weight_file:
                raise ValueError("flow=raft needs flow_weight_file: torchvision's RAFT weights")
            flow = RaftFlow(settings.flow_weight_file, device, settings.flow_size)
        else:
            flow = DisFlow(settings.flow_size)
        if timing == "network":
            network = load_network(settings.model_weight_file)
            return NetworkSession(FlowMatter(network, flow, device, settings.network_size))
        if timing == "centred":
            return FilesSession(flow, settings.scene_cut)
        return StreamSession(timing, flow, settings.scene_cut)

    @staticmethod
    def _device(settings: Settings) -> str:
        has_cuda = torch.cuda.is_available()
        if settings.device == "cuda" and not has_cuda:
            raise ValueError("device=cuda, but PyTorch sees no CUDA device; use auto or cpu")
        return "cuda" if settings.device != "cpu" and has_cuda else "cpu"

    def _publish(self, result: Refined, settings: Settings) -> None:
        composite = composited(result.frame, result.alpha, settings.colour)
        self.get_output(COMPOSITE).set_image(composite)
        self.get_output(ALPHA).set_image(to_uint8(result.alpha))
        self.get_output(FRAME).set_image(result.frame)
        self.get_output(ALPHA_ARRAY).set_array(result.alpha)
        self.get_output(CONFIDENCE).set_image(to_uint8(result.confidence))
        self.get_output(FLOW).set_array(result.flow)


def _shown(connected: Any) -> np.ndarray | None:
    image = connected.get_image() if connected and connected.is_data_available() else None
    return None if image is None or image.size == 0 else image


class InferFlowMattingParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_flow_matting"

    def create(self) -> InferFlowMattingParam:
        return InferFlowMattingParam()


class InferFlowMattingFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_flow_matting"
        info.short_description = "Mattes made stable in time along the optical flow"
        info.path = "Plugins/Python/Matting"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Zijian Kuang, Xinran Tie"
        info.article = "Flow-based Video Segmentation for Human Head and Shoulders"
        info.article_url = "https://arxiv.org/abs/2104.09752"
        info.journal = "arXiv"
        info.year = 2021
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://arxiv.org/abs/2104.09752"
        info.original_repository = "https://github.com/kuangzijian/Flow-Based-Video-Matting"
        info.keywords = "video,matting,alpha,optical flow,stabilisation,flicker,people"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "IMAGE_MATTING"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 2

    def create(self, param: InferFlowMattingParam | None = None) -> InferFlowMatting:
        return InferFlowMatting(self.info.name, param)
