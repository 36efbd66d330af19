"""The Ikomia task of Robust Video Matting: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging

import numpy as np
import torch
from ikomia import core, dataprocess

from infer_rvm.checkpoints import checkpoint_path, load_checkpoint
from infer_rvm.openmp import keep_teams_whole
from infer_rvm.parameters import InferRvmParam, Settings
from infer_rvm.rvm_network import Matte, MattingNetwork, MattingStream
from infer_rvm.rvm_network.pictures import as_rgb, blend, to_uint8
from infer_rvm.sequence import SequenceWatch

logger = logging.getLogger(__name__)

SOURCE, NEW_BACKGROUND = range(2)
COMPOSITE, ALPHA, FOREGROUND, ALPHA_ARRAY = range(4)


class InferRvm(dataprocess.C2dImageTask):
    """Video (and new background) → composite, alpha, foreground."""

    def __init__(self, name: str, param: InferRvmParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        for _ in range(2):
            self.add_input(dataprocess.CImageIO())
        for _ in range(3):
            self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CArrayIO())
        self.set_param_object(copy.deepcopy(param) if param else InferRvmParam())
        self._built_from: tuple | None = None
        self._stream: MattingStream | None = None
        self._watch = SequenceWatch()

    def get_progress_steps(self) -> int:
        return 3

    def init_long_process(self) -> None:
        """Load the network, so that the first frame does not wait for it."""
        self._matting()
        super().init_long_process()

    def run(self) -> None:
        """Matte the current frame.

        Raises:
            ValueError: The input is empty, or a parameter does not suit it.
        """
        settings = self.get_param_object().settings
        connected = self.get_input(SOURCE)
        image = connected.get_image() if connected and connected.is_data_available() else None
        if image is None or image.size == 0:
            raise ValueError("input 0 of infer_rvm is empty: it takes a picture or a video")
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        stream = self._matting()
        if self._watch.is_new(connected, image.shape, settings.sequence):
            stream.reset()
        matte = stream(as_rgb(image), settings.ratio)
        self.emit_step_progress()
        self._publish(matte, settings)
        self.emit_step_progress()
        self.end_task_run()

    def _matting(self) -> MattingStream:
        s = self.get_param_object().settings
        has_cuda = torch.cuda.is_available()
        if s.device == "cuda" and not has_cuda:
            raise ValueError("device=cuda, but PyTorch sees no CUDA device; use auto or cpu")
        device = "cuda" if s.device != "cpu" and has_cuda else "cpu"
        dtype = self._dtype(s, device)
        key = (s.model_name, s.refiner, s.model_weight_file, device, dtype)
        if key != self._built_from:
            network = MattingNetwork(s.model_name, s.refiner)
            load_checkpoint(network, checkpoint_path(s.model_name, s.model_weight_file))
            self._stream = MattingStream(network, device, dtype)
            self._built_from = key
        return self._stream

    @staticmethod
    def _dtype(settings: Settings, device: str) -> torch.dtype:
        if settings.precision in ("fp16", "bf16") and device == "cpu":
            raise ValueError(
                f"precision={settings.precision} on the CPU is slower and wrong by up to 0.2 in "
                "alpha; use auto or fp32"
            )
        name = settings.precision
        if name == "auto":
            name = "fp32" if device == "cpu" else "fp16"
        if name == "bf16":
            logger.warning("precision=bf16: alpha can be wrong by up to 0.2; fp16 is better")
        return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[name]

    def _publish(self, matte: Matte, settings: Settings) -> None:
        behind = self.get_input(NEW_BACKGROUND)
        image = behind.get_image() if behind and behind.is_data_available() else None
        if image is None or image.size == 0:
            image = np.empty_like(matte.foreground)
            image[:] = settings.colour
        composite = blend(matte.foreground, matte.alpha, as_rgb(image))
        self.get_output(COMPOSITE).set_image(composite)
        self.get_output(ALPHA).set_image(to_uint8(matte.alpha))
        self.get_output(FOREGROUND).set_image(matte.foreground)
        self.get_output(ALPHA_ARRAY).set_array(matte.alpha)


class InferRvmParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_rvm"

    def create(self) -> InferRvmParam:
        return InferRvmParam()


class InferRvmFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_rvm"
        info.short_description = "Robust Video Matting: people cut out of a video"
        info.path = "Plugins/Python/Matting"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Shanchuan Lin, Linjie Yang, Imran Saleemi, Soumyadip Sengupta"
        info.article = "Robust High-Resolution Video Matting with Temporal Guidance"
        info.article_url = "https://arxiv.org/abs/2108.11515"
        info.journal = "WACV"
        info.year = 2022
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://peterl1n.github.io/RobustVideoMatting/"
        info.original_repository = "https://github.com/PeterL1n/RobustVideoMatting"
        info.keywords = "video,matting,alpha,foreground,people,compositing"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "IMAGE_MATTING"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 2

    def create(self, param: InferRvmParam | None = None) -> InferRvm:
        return InferRvm(self.info.name, param)
