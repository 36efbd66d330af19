"""The Ikomia task of the keyer: parameters, inputs, engine, outputs."""

from __future__ import annotations

import logging
from functools import lru_cache

from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_chroma_key.chroma_keying import Keyed, Keyer
from infer_chroma_key.infer_chroma_key_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_chroma_key.infer_chroma_key_kit.pictures import as_alpha, as_rgb, to_uint8
from infer_chroma_key.infer_chroma_key_kit.ports import (
    declare_ports,
    image_at,
    publish_dictionary,
    refuse_frame_as_matte,
    required_image,
)
from infer_chroma_key.infer_chroma_key_kit.sequence import SequenceWatch
from infer_chroma_key.infer_chroma_key_kit.task import PluginTask
from infer_chroma_key.parameters import InferChromaKeyParam
from infer_chroma_key.ports import Input, Output

logger = logging.getLogger(__name__)


class InferChromaKey(PluginTask, dataprocess.C2dImageTask):
    """Frame before a green or blue screen (and a region) → alpha, foreground, report."""

    param_class = InferChromaKeyParam
    progress_steps = 2

    def __init__(self, name: str, param: InferChromaKeyParam | None) -> None:
        super().__init__(name, False)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO() for _ in Input],
            outputs=[
                dataprocess.CImageIO(),
                dataprocess.CArrayIO(),
                dataprocess.CImageIO(),
                DataDictIO(),
            ],
        )
        self.take_parameters(param)
        self._keyer_of = lru_cache(maxsize=1)(Keyer)
        self._watch = SequenceWatch()
        self._warned: list[str] = []

    def run(self) -> None:
        """Key the current frame.

        Raises:
            ValueError: There is no frame, the region is the frame itself, or no screen was found.
        """
        settings = self.settings
        image = required_image(self, Input.FRAME, "the picture or video")
        region = image_at(self, Input.REGION)
        if region is not None:
            refuse_frame_as_matte(self, Input.REGION, matte=region, frame=image)
            region = as_alpha(region, *image.shape[:2])
        self.begin_task_run()
        self.emit_step_progress()
        keyer = self._keyer_of(settings.options)
        if self._watch.is_new(self.get_input(Input.FRAME), image, settings.sequence):
            keyer.reset()
        self._publish(keyer(as_rgb(image), region))
        self.emit_step_progress()
        self.end_task_run()

    def _publish(self, keyed: Keyed) -> None:
        warnings = keyed.report["warnings"]
        for text in warnings:
            if text not in self._warned:
                logger.warning(text)
        self._warned = warnings
        self.get_output(Output.ALPHA).set_image(to_uint8(keyed.alpha))
        self.get_output(Output.ALPHA_ARRAY).set_array(keyed.alpha)
        self.get_output(Output.FOREGROUND).set_image(keyed.foreground)
        publish_dictionary(self, Output.REPORT, keyed.report)


class InferChromaKeyParamFactory(PluginParamFactory):
    plugin = "infer_chroma_key"
    param_class = InferChromaKeyParam


class InferChromaKeyFactory(PluginTaskFactory):
    task_class = InferChromaKey
    metadata = Metadata(
        name="infer_chroma_key",
        short_description="Green or blue screen: alpha, and the foreground without spill",
        path="Plugins/Python/Matting",
        authors="Alvy Ray Smith, James F. Blinn",
        article="Blue Screen Matting",
        article_url="https://doi.org/10.1145/237170.237263",
        journal="SIGGRAPH",
        year=1996,
        documentation_link="https://doi.org/10.1145/237170.237263",
        original_repository="https://github.com/pymatting/pymatting",
        keywords="video,matting,alpha,green screen,blue screen,chroma key,compositing",
        algo_tasks="IMAGE_MATTING",
        min_ram=2,
        min_vram=0,
    )
