"""The Ikomia task of flow matting: parameters, inputs, engine, outputs."""

import numpy as np
from ikomia import dataprocess

from .flow_matting_engine import RefinedMatte
from .infer_flow_matting_kit.device import keep_teams_whole
from .infer_flow_matting_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .infer_flow_matting_kit.pictures import as_alpha, as_rgb, blend, plain, to_uint8
from .infer_flow_matting_kit.ports import (
    array_at,
    declare_ports,
    image_at,
    refuse_frame_as_matte,
    required_image,
    video_path_at,
)
from .infer_flow_matting_kit.sequence import SequenceWatch
from .infer_flow_matting_kit.task import PluginTask
from .matte_files import SourceFiles
from .parameters import InferFlowMattingParam, Settings
from .ports import Input, Output
from .sessions import Session, StreamSession, session_of, way_of


class InferFlowMatting(PluginTask, dataprocess.C2dImageTask):
    """Video and coarse mattes → composite, refined alpha, its frame, confidence, flow."""

    param_class = InferFlowMattingParam

    def __init__(self, name: str, param: InferFlowMattingParam | None) -> None:
        super().__init__(name, False)
        arrays = (Output.ALPHA_ARRAY, Output.FLOW)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO(), dataprocess.CImageIO(), dataprocess.CArrayIO()],
            outputs=[
                dataprocess.CArrayIO() if port in arrays else dataprocess.CImageIO()
                for port in Output
            ],
        )
        self.take_parameters(param)
        self._built_from: tuple | None = None
        self._session: Session | None = None
        self._watch = SequenceWatch()

    def init_long_process(self) -> None:
        """Load the network, so that the first frame does not wait for it."""
        if self.settings.mode == "network":
            self._session_for(self.settings, SourceFiles())
        super().init_long_process()

    def run(self) -> None:
        """Refine or matte the current frame.

        Raises:
            ValueError: An input is missing, or a parameter does not suit it.
            FileNotFoundError: A file named in a parameter does not exist.
            ImportError: A parameter asks for what needs PyTorch, and it is not installed.
        """
        settings = self.settings
        image = required_image(self, Input.SOURCE, "a picture or a video")
        frame = as_rgb(image)
        coarse = self._coarse(image)
        files = self._files(settings)
        self.begin_task_run()
        keep_teams_whole()
        self.emit_step_progress()
        before = self._session
        session = self._session_for(settings, files)
        begins = self._watch.is_new(self.get_input(Input.SOURCE), image, settings.sequence)
        if begins or session is not before:
            session.begin(files)
        result = session.advance(frame, coarse, self._watch.steps)
        self.emit_step_progress()
        self._publish(result, settings)
        self.emit_step_progress()
        self.end_task_run()

    def finish(self) -> bool:
        """Publish the last frame that ``timing=delayed`` still owes; False if there is none."""
        result = self._session.finish() if isinstance(self._session, StreamSession) else None
        if result is not None:
            self._publish(result, self.settings)
        return result is not None

    def _files(self, settings: Settings) -> SourceFiles:
        source = video_path_at(self, Input.SOURCE)
        if settings.alpha_video_path:
            return SourceFiles(source, settings.alpha_video_path)
        mattes = video_path_at(self, Input.COARSE)
        # What another task makes of the video carries the video's own path.
        is_own = mattes != source
        return SourceFiles(source, mattes, are_shown=True) if is_own else SourceFiles(source)

    def _coarse(self, image: np.ndarray) -> np.ndarray | None:
        """The matte at input 2 or else input 1, float32 (H, W) in 0..1; None without any.

        Raises:
            ValueError: It is the frame itself, as when Ikomia connects one source to all inputs.
        """
        port, matte = Input.COARSE_ARRAY, array_at(self, Input.COARSE_ARRAY)
        if matte is None:
            port, matte = Input.COARSE, image_at(self, Input.COARSE)
        if matte is None:
            return None
        refuse_frame_as_matte(self, port, matte=matte, frame=image)
        return as_alpha(matte, *image.shape[:2])

    def _session_for(self, s: Settings, files: SourceFiles) -> Session:
        """The session that suits the parameters: a new one only where they changed."""
        way = way_of(s, files)
        flow_file = s.flow_weight_file if s.flow == "raft" else ""
        key = (way, s.flow, flow_file, s.flow_size, s.scene_cut, s.device)
        if way == "network":
            key = (*key, s.model_weight_file, s.network_size)
        if self._session is None or key != self._built_from:
            self._session = session_of(s, way)
            self._built_from = key
        return self._session

    def _publish(self, result: RefinedMatte, settings: Settings) -> None:
        behind = plain(settings.colour, *result.alpha.shape)
        self.get_output(Output.COMPOSITE).set_image(blend(result.frame, result.alpha, behind))
        self.get_output(Output.ALPHA).set_image(to_uint8(result.alpha))
        self.get_output(Output.FRAME).set_image(result.frame)
        self.get_output(Output.ALPHA_ARRAY).set_array(result.alpha)
        self.get_output(Output.CONFIDENCE).set_image(to_uint8(result.confidence))
        self.get_output(Output.FLOW).set_array(result.flow)


class InferFlowMattingParamFactory(PluginParamFactory):
    plugin = "infer_flow_matting"
    param_class = InferFlowMattingParam


class InferFlowMattingFactory(PluginTaskFactory):
    task_class = InferFlowMatting
    metadata = Metadata(
        name="infer_flow_matting",
        short_description="Mattes made stable in time along the optical flow",
        path="Plugins/Python/Matting",
        authors="Zijian Kuang, Xinran Tie",
        article="Flow-based Video Segmentation for Human Head and Shoulders",
        article_url="https://arxiv.org/abs/2104.09752",
        journal="arXiv",
        year=2021,
        documentation_link="https://arxiv.org/abs/2104.09752",
        original_repository="https://github.com/kuangzijian/Flow-Based-Video-Matting",
        keywords="video,matting,alpha,optical flow,stabilisation,flicker,people",
        algo_tasks="IMAGE_MATTING",
    )
