"""The Ikomia task of Background Matting V2: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy

import numpy as np
from ikomia import dataprocess

from infer_background_matting.bgm_network import (
    Matte,
    Matting,
    MattingBase,
    MattingRefine,
    build_matting,
)
from infer_background_matting.bgm_network.plate import PreparedPlate
from infer_background_matting.checkpoints import checkpoint_path, load_checkpoint
from infer_background_matting.infer_background_matting_kit.device import device_of, dtype_of
from infer_background_matting.infer_background_matting_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_background_matting.infer_background_matting_kit.openmp import keep_teams_whole
from infer_background_matting.infer_background_matting_kit.pictures import (
    as_rgb,
    blend,
    cut_out,
    to_uint8,
)
from infer_background_matting.infer_background_matting_kit.ports import (
    declare_ports,
    image_at,
    required_image,
)
from infer_background_matting.parameters import InferBackgroundMattingParam
from infer_background_matting.ports import Input, Output


class InferBackgroundMatting(dataprocess.C2dImageTask):
    """Picture and empty background (and new background) → composite, alpha, foreground, error."""

    def __init__(self, name: str, param: InferBackgroundMattingParam | None) -> None:
        super().__init__(name, False)
        pictures = (Output.COMPOSITE, Output.ALPHA, Output.FOREGROUND, Output.ERROR)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO() for _ in Input],
            outputs=[*(dataprocess.CImageIO() for _ in pictures), dataprocess.CArrayIO()],
        )
        self.set_param_object(copy.deepcopy(param) if param else InferBackgroundMattingParam())
        self._network: MattingBase | None = None
        self._network_key: tuple | None = None
        self._matting: Matting | None = None
        self._matting_key: tuple | None = None
        self._plate = PreparedPlate()

    def get_progress_steps(self) -> int:
        return 3

    def init_long_process(self) -> None:
        """Load the network, so that the first picture does not wait for it."""
        self._built_matting()
        super().init_long_process()

    def run(self) -> None:
        """Matte the current picture.

        Raises:
            ValueError: An input is missing, or the background is not this scene.
        """
        settings = self.get_param_object().settings
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
        matte = self._built_matting()(source, plate)
        self.emit_step_progress()
        self._publish(matte)
        self.emit_step_progress()
        self.end_task_run()

    def _built_matting(self) -> Matting:
        s = self.get_param_object().settings
        device = device_of(s.device)
        dtype = dtype_of(s.precision, device)
        network = self._loaded_network()
        refining = (
            s.model_backbone_scale,
            s.model_refine_mode,
            s.model_refine_pixels,
            s.model_refine_threshold,
        )
        key = (self._network_key, device, dtype, refining)
        if self._matting is None or key != self._matting_key:
            if isinstance(network, MattingRefine):
                network.refine_by(*refining)
            self._matting = build_matting(network, device, dtype)
            self._matting_key = key
        return self._matting

    def _loaded_network(self) -> MattingBase:
        """The network with its weights, which other ways of refining need not read again."""
        s = self.get_param_object().settings
        key = (s.model_type, s.model_backbone, s.weights, s.model_weight_file)
        if self._network is None or key != self._network_key:
            path = checkpoint_path(s.weights, s.model_backbone, s.model_weight_file)
            network_class = MattingBase if s.model_type == "mattingbase" else MattingRefine
            network = network_class(s.model_backbone)
            load_checkpoint(network, path)
            self._network, self._network_key = network, key
        return self._network

    def _publish(self, matte: Matte) -> None:
        image = image_at(self, Input.NEW_BACKGROUND)
        if image is None:
            composite = cut_out(matte.foreground, matte.alpha)
        else:
            composite = blend(matte.foreground, matte.alpha, as_rgb(image))
        self.get_output(Output.COMPOSITE).set_image(composite)
        self.get_output(Output.ALPHA).set_image(to_uint8(matte.alpha))
        self.get_output(Output.FOREGROUND).set_image(matte.foreground)
        self.get_output(Output.ERROR).set_image(to_uint8(matte.error))
        self.get_output(Output.ALPHA_ARRAY).set_array(matte.alpha)


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
