"""The Ikomia task of Background Matting V2: parameters, inputs, engine, outputs."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from ikomia import dataprocess

from .bgm_network import Matte, Matting, MattingBase, MattingRefine, build_matting
from .bgm_network.plate import PreparedPlate
from .checkpoints import checkpoint_path, load_checkpoint
from .infer_background_matting_kit.device import device_of, dtype_of, keep_teams_whole
from .infer_background_matting_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .infer_background_matting_kit.foreground import extend_foreground
from .infer_background_matting_kit.pictures import as_rgb, blend, cut_out, to_uint8
from .infer_background_matting_kit.ports import declare_ports, image_at, required_image
from .infer_background_matting_kit.task import PluginTask
from .parameters import InferBackgroundMattingParam
from .ports import Input, Output


class InferBackgroundMatting(PluginTask, dataprocess.C2dImageTask):
    """Picture and empty background (and new background) → composite, alpha, foreground, error."""

    param_class = InferBackgroundMattingParam

    def __init__(self, name: str, param: InferBackgroundMattingParam | None) -> None:
        super().__init__(name, False)
        pictures = (Output.COMPOSITE, Output.ALPHA, Output.FOREGROUND, Output.ERROR)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO() for _ in Input],
            outputs=[*(dataprocess.CImageIO() for _ in pictures), dataprocess.CArrayIO()],
        )
        self.take_parameters(param)
        # Other ways of refining need not read the weights again.
        self._network_of = lru_cache(maxsize=1)(network_of)
        self._matting_of = lru_cache(maxsize=1)(matting_of)
        self._plate = PreparedPlate()

    def init_long_process(self) -> None:
        """Load the network, so that the first picture does not wait for it."""
        self._built_matting()
        super().init_long_process()

    def run(self) -> None:
        """Matte the picture; ValueError where an input is missing or the scene is another one."""
        settings = self.settings
        image = required_image(self, Input.SOURCE, "the picture or video")
        background = required_image(self, Input.BACKGROUND, "the empty background")
        if np.shares_memory(background, image):
            raise ValueError(
                "input 1 (background) is the very buffer of input 0 (picture): connect the picture "
                "of the empty scene explicitly, wf.connect_tasks(wf.root(), task, [(0, 0), (1, 1)])"
            )
        source = as_rgb(image)
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        plate = self._plate(
            source, background, align=settings.align_background, check=settings.background_check
        )
        matting = self._built_matting()
        if settings.outputs == "alpha":
            alpha = matting.alpha(source, plate)
            self.emit_step_progress()
            for left_out in (Output.COMPOSITE, Output.FOREGROUND, Output.ERROR):
                output = self.get_output(left_out)
                output.clear_data()
                # Ikomia cannot save a video of nothing.
                output.auto_save = False
        else:
            matte = matting(source, plate)
            if settings.foreground == "extended":
                matte = replace(matte, foreground=extend_foreground(source, matte.alpha))
            self.emit_step_progress()
            self._publish_colours(matte)
            alpha = matte.alpha
        self.get_output(Output.ALPHA).set_image(to_uint8(alpha))
        self.get_output(Output.ALPHA_ARRAY).set_array(alpha)
        self.emit_step_progress()
        self.end_task_run()

    def _built_matting(self) -> Matting:
        s = self.settings
        device = device_of(s.device)
        dtype = dtype_of(s.precision, device)
        network = self._network_of(s.model_type, s.model_backbone, s.weights, s.model_weight_file)
        return self._matting_of(
            network,
            device,
            dtype,
            s.model_backbone_scale,
            s.model_refine_mode,
            s.model_refine_pixels,
            s.model_refine_threshold,
        )

    def _publish_colours(self, matte: Matte) -> None:
        image = image_at(self, Input.NEW_BACKGROUND)
        if image is None:
            composite = cut_out(matte.foreground, matte.alpha)
        else:
            composite = blend(matte.foreground, matte.alpha, as_rgb(image))
        self.get_output(Output.COMPOSITE).set_image(composite)
        self.get_output(Output.FOREGROUND).set_image(matte.foreground)
        self.get_output(Output.ERROR).set_image(to_uint8(matte.error))


def network_of(model_type: str, backbone: str, weights: str, weight_file: str) -> MattingBase:
    """The network with its weights; of the parameters' own names."""
    path = checkpoint_path(weights, backbone, weight_file)
    network = (MattingBase if model_type == "mattingbase" else MattingRefine)(backbone)
    load_checkpoint(network, path)
    return network


def matting_of(network: MattingBase, device: str, dtype: torch.dtype, *refining: Any) -> Matting:
    """What mattes with ``network``, refining as :meth:`MattingRefine.refine_by` says."""
    if isinstance(network, MattingRefine):
        network.refine_by(*refining)
    return build_matting(network, device, dtype)


class InferBackgroundMattingParamFactory(PluginParamFactory):
    plugin = "infer_background_matting"
    param_class = InferBackgroundMattingParam


class InferBackgroundMattingFactory(PluginTaskFactory):
    task_class = InferBackgroundMatting
    metadata = Metadata(
        name="infer_background_matting",
        short_description="Background Matting V2: alpha and foreground from a known background",
        path="Plugins/Python/Matting",
        authors="Shanchuan Lin, Andrey Ryabtsev, Soumyadip Sengupta, Brian Curless, Steve Seitz, "
        "Ira Kemelmacher-Shlizerman",
        article="Real-Time High-Resolution Background Matting",
        article_url="https://arxiv.org/abs/2012.07810",
        journal="CVPR",
        year=2021,
        documentation_link="https://grail.cs.washington.edu/projects/background-matting-v2/",
        original_repository="https://github.com/PeterL1n/BackgroundMattingV2",
        keywords="background,matting,alpha,foreground,compositing,video",
        algo_tasks="IMAGE_MATTING",
    )
