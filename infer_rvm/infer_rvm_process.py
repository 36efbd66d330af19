"""The Ikomia task of Robust Video Matting: parameters, inputs, engine, outputs."""

from functools import lru_cache

import torch
from ikomia import dataprocess

from .checkpoints import checkpoint_path, load_checkpoint
from .infer_rvm_kit.device import device_of, dtype_of, keep_teams_whole
from .infer_rvm_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .infer_rvm_kit.openvino_engine import Engine, engine_of
from .infer_rvm_kit.pictures import as_rgb, blend, plain, to_uint8
from .infer_rvm_kit.ports import declare_ports, image_at, required_image
from .infer_rvm_kit.sequence import SequenceWatch
from .infer_rvm_kit.task import PluginTask
from .parameters import InferRvmParam, Settings
from .ports import Input, Output
from .rvm_network import Matte, MattingNetwork, MattingStream

# Pictures of one size after which engine=auto takes OpenVINO, whose start takes as much longer as
# so many are faster by it.
WORTHWHILE = 100


class InferRvm(PluginTask, dataprocess.C2dImageTask):
    """Video (and new background) → composite, alpha, foreground."""

    param_class = InferRvmParam

    def __init__(self, name: str, param: InferRvmParam | None) -> None:
        super().__init__(name, False)
        pictures = (Output.COMPOSITE, Output.ALPHA, Output.FOREGROUND)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO() for _ in Input],
            outputs=[*(dataprocess.CImageIO() for _ in pictures), dataprocess.CArrayIO()],
        )
        self.take_parameters(param)
        self._stream_of = lru_cache(maxsize=1)(stream_of)
        self._watch = SequenceWatch()

    def init_long_process(self) -> None:
        """Load the network, so that the first frame does not wait for it."""
        self._matting()
        super().init_long_process()

    def run(self) -> None:
        """Matte the current frame.

        Raises:
            ImportError: ``engine`` is openvino, which is not installed.
            ValueError: The frame is missing, or a parameter does not suit.
        """
        settings = self.settings
        image = required_image(self, Input.SOURCE, "a picture or a video")
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        stream = self._matting()
        if self._watch.is_new(self.get_input(Input.SOURCE), image, settings.sequence):
            stream.reset()
        source = as_rgb(image)
        if settings.outputs == "alpha":
            alpha = stream.alpha(source, settings.ratio)
            self.emit_step_progress()
            for left_out in (Output.COMPOSITE, Output.FOREGROUND):
                output = self.get_output(left_out)
                output.clear_data()
                # Ikomia cannot save a video of nothing.
                output.auto_save = False
        else:
            matte = stream(source, settings.ratio)
            self.emit_step_progress()
            self._publish_colours(matte, settings)
            alpha = matte.alpha
        self.get_output(Output.ALPHA).set_image(to_uint8(alpha))
        self.get_output(Output.ALPHA_ARRAY).set_array(alpha)
        self.emit_step_progress()
        self.end_task_run()

    def _matting(self) -> MattingStream:
        s = self.settings
        device = device_of(s.device)
        dtype = dtype_of(s.precision, device)
        # On ResNet-50 it was measured to be no faster.
        wanted = "torch" if (s.engine, s.model_name) == ("auto", "resnet50") else s.engine
        engine = engine_of(wanted, device)
        return self._stream_of(
            s.model_name,
            s.refiner,
            s.model_weight_file,
            device=device,
            dtype=dtype,
            engine=engine,
            pictures_before_openvino=WORTHWHILE if s.engine == "auto" else 1,
        )

    def _publish_colours(self, matte: Matte, settings: Settings) -> None:
        image = image_at(self, Input.NEW_BACKGROUND)
        behind = plain(settings.colour, *matte.alpha.shape) if image is None else as_rgb(image)
        self.get_output(Output.COMPOSITE).set_image(blend(matte.foreground, matte.alpha, behind))
        self.get_output(Output.FOREGROUND).set_image(matte.foreground)


def stream_of(
    model_name: str,
    refiner: str,
    weight_file: str,
    *,
    device: str,
    dtype: torch.dtype,
    engine: Engine = "torch",
    pictures_before_openvino: int = 1,
) -> MattingStream:
    """What mattes, its weights loaded; of the parameters' own names."""
    network = MattingNetwork(model_name, refiner)
    load_checkpoint(network, checkpoint_path(model_name, weight_file))
    return MattingStream(
        network,
        device,
        dtype,
        engine=engine,
        pictures_before_openvino=pictures_before_openvino,
    )


class InferRvmParamFactory(PluginParamFactory):
    plugin = "infer_rvm"
    param_class = InferRvmParam


class InferRvmFactory(PluginTaskFactory):
    task_class = InferRvm
    metadata = Metadata(
        name="infer_rvm",
        short_description="Robust Video Matting: people cut out of a video",
        path="Plugins/Python/Matting",
        authors="Shanchuan Lin, Linjie Yang, Imran Saleemi, Soumyadip Sengupta",
        article="Robust High-Resolution Video Matting with Temporal Guidance",
        article_url="https://arxiv.org/abs/2108.11515",
        journal="WACV",
        year=2022,
        documentation_link="https://peterl1n.github.io/RobustVideoMatting/",
        original_repository="https://github.com/PeterL1n/RobustVideoMatting",
        keywords="video,matting,alpha,foreground,people,compositing",
        algo_tasks="IMAGE_MATTING",
    )
