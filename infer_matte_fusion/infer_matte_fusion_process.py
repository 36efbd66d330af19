"""The Ikomia task of the fusion of two mattes: parameters, inputs, engine, outputs."""

from __future__ import annotations

import logging
from enum import IntEnum

import numpy as np
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_matte_fusion.infer_matte_fusion_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_matte_fusion.infer_matte_fusion_kit.pictures import as_alpha, as_rgb, to_uint8
from infer_matte_fusion.infer_matte_fusion_kit.ports import (
    array_at,
    declare_ports,
    image_at,
    publish_dictionary,
    refuse_frame_as_matte,
    required_image,
)
from infer_matte_fusion.infer_matte_fusion_kit.task import PluginTask
from infer_matte_fusion.matte_fusing import FusedMatte, fuse
from infer_matte_fusion.parameters import InferMatteFusionParam
from infer_matte_fusion.ports import Input, Output

logger = logging.getLogger(__name__)


class InferMatteFusion(PluginTask, dataprocess.C2dImageTask):
    """Frame, two mattes and the empty background → one matte, and the share of each."""

    param_class = InferMatteFusionParam
    progress_steps = 2

    def __init__(self, name: str, param: InferMatteFusionParam | None) -> None:
        super().__init__(name, False)
        arrays = (Input.BASE_ARRAY, Input.SECOND_ARRAY)
        declare_ports(
            self,
            inputs=[
                dataprocess.CArrayIO() if port in arrays else dataprocess.CImageIO()
                for port in Input
            ],
            outputs=[
                dataprocess.CImageIO(),
                dataprocess.CArrayIO(),
                dataprocess.CImageIO(),
                dataprocess.CArrayIO(),
                DataDictIO(),
            ],
        )
        self.take_parameters(param)
        self._warned: list[str] = []

    def run(self) -> None:
        """Fuse the current frame's mattes.

        Raises:
            ValueError: An input is missing, or is the frame itself.
        """
        image = required_image(self, Input.FRAME, "the picture or video")
        background = required_image(self, Input.PLATE, "the empty background")
        if np.shares_memory(background, image):
            raise ValueError(
                f"input {int(Input.PLATE)} (plate) of {self.name} is the very buffer of input 0 "
                "(frame): connect the tasks explicitly (auto_connect wires one source to every "
                "input)"
            )
        base = self._matte(Input.BASE, Input.BASE_ARRAY, image, "the base matte")
        second = self._matte(Input.SECOND, Input.SECOND_ARRAY, image, "background matting's matte")
        seen = image_at(self, Input.COVERAGE)
        self.begin_task_run()
        self.emit_step_progress()
        fused = fuse(
            as_rgb(image),
            base,
            second,
            as_rgb(background),
            coverage=None if seen is None else as_alpha(seen, *image.shape[:2]),
            options=self.get_param_object().settings.options,
        )
        self._publish(fused)
        self.emit_step_progress()
        self.end_task_run()

    def _matte(
        self, port: IntEnum, array_port: IntEnum, image: np.ndarray, what: str
    ) -> np.ndarray:
        """The matte at one of two inputs, float32 (H, W) in 0..1; the array wins."""
        matte = array_at(self, array_port)
        if matte is None:
            takes = f"{what}, unless input {int(array_port)} has it as an array"
            matte = required_image(self, port, takes)
        refuse_frame_as_matte(self, port, matte=matte, frame=image)
        return as_alpha(matte, *image.shape[:2])

    def _publish(self, fused: FusedMatte) -> None:
        warnings = fused.report["warnings"]
        for text in warnings:
            if text not in self._warned:
                logger.warning(text)
        self._warned = warnings
        self.get_output(Output.ALPHA).set_image(to_uint8(fused.alpha))
        self.get_output(Output.ALPHA_ARRAY).set_array(fused.alpha)
        self.get_output(Output.SHARE).set_image(to_uint8(fused.share))
        self.get_output(Output.SHARE_ARRAY).set_array(fused.share)
        publish_dictionary(self, Output.REPORT, fused.report)


class InferMatteFusionParamFactory(PluginParamFactory):
    plugin = "infer_matte_fusion"
    param_class = InferMatteFusionParam


class InferMatteFusionFactory(PluginTaskFactory):
    task_class = InferMatteFusion
    metadata = Metadata(
        name="infer_matte_fusion",
        short_description="Two mattes into one: background matting's where the plate fits",
        path="Plugins/Python/Matting",
        authors="Shanchuan Lin, Andrey Ryabtsev, Soumyadip Sengupta, Brian Curless, Steve Seitz, "
        "Ira Kemelmacher-Shlizerman",
        article="Real-Time High-Resolution Background Matting",
        article_url="https://arxiv.org/abs/2012.07810",
        journal="CVPR",
        year=2021,
        documentation_link="https://grail.cs.washington.edu/projects/background-matting-v2/",
        original_repository="https://github.com/PeterL1n/BackgroundMattingV2",
        keywords="video,matting,alpha,fusion,background,compositing",
        algo_tasks="IMAGE_MATTING",
        min_ram=2,
        min_vram=0,
    )
