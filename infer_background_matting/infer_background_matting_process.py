"""The Ikomia task of Background Matting V2: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging

import numpy as np
import torch
from ikomia import core, dataprocess

from infer_background_matting.bgm_network import (
    Matte,
    Matter,
    MattingBase,
    MattingRefine,
    build_matter,
)
from infer_background_matting.bgm_network.pictures import as_rgb, blend, cut_out, to_uint8
from infer_background_matting.bgm_network.plate import PreparedPlate
from infer_background_matting.checkpoints import checkpoint_path, load_checkpoint
from infer_background_matting.openmp import keep_teams_whole
from infer_background_matting.parameters import InferBackgroundMattingParam, Settings

logger = logging.getLogger(__name__)

SOURCE, BACKGROUND, NEW_BACKGROUND = range(3)
COMPOSITE, ALPHA, FOREGROUND, ERROR, ALPHA_ARRAY = range(5)


class InferBackgroundMatting(dataprocess.C2dImageTask):
    """Picture and empty background (and new background) → composite, alpha, foreground, error."""

    def __init__(self, name: str, param: InferBackgroundMattingParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        for _ in range(3):
            self.add_input(dataprocess.CImageIO())
        for _ in range(4):
            self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CArrayIO())
        self.set_param_object(copy.deepcopy(param) if param else InferBackgroundMattingParam())
        self._loaded: MattingBase | None = None
        self._loaded_from: tuple | None = None
        self._matter: Matter | None = None
        self._built_from: tuple | None = None
        self._plate = PreparedPlate()

    def get_progress_steps(self) -> int:
        return 3

    def init_long_process(self) -> None:
        """Load the network, so that the first picture does not wait for it."""
        self._network()
        super().init_long_process()

    def run(self) -> None:
        """Matte the current picture.

        Raises:
            ValueError: An input is missing, or the background is not this scene.
        """
        settings = self.get_param_object().settings
        source = as_rgb(self._image(SOURCE, "the picture or video"))
        original = self._image(BACKGROUND, "the empty background")
        if np.shares_memory(original, self.get_input(SOURCE).get_image()):
            raise ValueError(
                "input 1 (background) is the very buffer of input 0 (picture): connect the picture "
                "of the empty scene explicitly, wf.connect_tasks(wf.root(), task, [(0, 0), (1, 1)])"
            )
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        plate = self._plate(source, original, settings.align_background, settings.background_check)
        matte = self._network()(source, plate)
        self.emit_step_progress()
        self._publish(matte, source)
        self.emit_step_progress()
        self.end_task_run()

    def _image(self, index: int, what: str) -> np.ndarray:
        connected = self.get_input(index)
        image = connected.get_image() if connected and connected.is_data_available() else None
        if image is None or image.size == 0:
            raise ValueError(f"input {index} of infer_background_matting is empty: it takes {what}")
        return image

    def _network(self) -> Matter:
        s = self.get_param_object().settings
        device = self._device(s)
        dtype = self._dtype(s, device)
        refined_by = (
            s.model_backbone_scale,
            s.model_refine_mode,
            s.model_refine_pixels,
            s.model_refine_threshold,
        )
        is_base = s.model_type == "mattingbase"
        weights = (s.model_type, s.model_backbone, s.weights, s.model_weight_file)
        key = (*weights, device, dtype, () if is_base else refined_by)
        if key != self._built_from:
            if weights != self._loaded_from:
                path = checkpoint_path(s.weights, s.model_backbone, s.model_weight_file)
                network = (MattingBase if is_base else MattingRefine)(s.model_backbone)
                load_checkpoint(network, path)
                self._loaded, self._loaded_from = network, weights
            if not is_base:
                self._loaded.refine_by(*refined_by)
            self._matter = build_matter(self._loaded, device, dtype)
            self._built_from = key
        return self._matter

    @staticmethod
    def _device(settings: Settings) -> str:
        if settings.cuda == "cuda" and not torch.cuda.is_available():
            logger.info("CUDA is not available, infer_background_matting runs on the CPU")
            return "cpu"
        return settings.cuda

    @staticmethod
    def _dtype(settings: Settings, device: str) -> torch.dtype:
        if settings.precision == "fp16" and device == "cpu":
            raise ValueError("precision=fp16 needs CUDA; use auto or fp32 on the CPU")
        is_half = settings.precision == "fp16" or (settings.precision == "auto" and device != "cpu")
        return torch.float16 if is_half else torch.float32

    def _publish(self, matte: Matte, source: np.ndarray) -> None:
        alpha = to_uint8(matte.alpha)
        behind = self.get_input(NEW_BACKGROUND)
        image = behind.get_image() if behind and behind.is_data_available() else None
        if image is None or image.size == 0:
            composite = cut_out(matte.foreground, matte.alpha)
        else:
            composite = blend(matte.foreground, matte.alpha, as_rgb(image))
        self.get_output(COMPOSITE).set_image(composite)
        self.get_output(ALPHA).set_image(alpha)
        self.get_output(FOREGROUND).set_image(matte.foreground)
        self.get_output(ERROR).set_image(to_uint8(matte.error))
        self.get_output(ALPHA_ARRAY).set_array(matte.alpha)


class InferBackgroundMattingParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_background_matting"

    def create(self) -> InferBackgroundMattingParam:
        return InferBackgroundMattingParam()


class InferBackgroundMattingFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_background_matting"
        info.short_description = (
            "Background Matting V2: alpha and foreground from a known background"
        )
        info.path = "Plugins/Python/Matting"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = (
            "Shanchuan Lin, Andrey Ryabtsev, Soumyadip Sengupta, Brian Curless, Steve Seitz, "
            "Ira Kemelmacher-Shlizerman"
        )
        info.article = "Real-Time High-Resolution Background Matting"
        info.article_url = "https://arxiv.org/abs/2012.07810"
        info.journal = "CVPR"
        info.year = 2021
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://grail.cs.washington.edu/projects/background-matting-v2/"
        info.original_repository = "https://github.com/PeterL1n/BackgroundMattingV2"
        info.keywords = "background,matting,alpha,foreground,compositing,video"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "IMAGE_MATTING"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 2

    def create(self, param: InferBackgroundMattingParam | None = None) -> InferBackgroundMatting:
        return InferBackgroundMatting(self.info.name, param)
