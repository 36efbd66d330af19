"""The Ikomia task of multi-view triangulation: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from pathlib import Path

import numpy as np
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO
from threadpoolctl import threadpool_limits

from infer_multiview_triangulation.data import cameras_from, report_of
from infer_multiview_triangulation.infer_multiview_triangulation_kit.extras import check_installed
from infer_multiview_triangulation.infer_multiview_triangulation_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_multiview_triangulation.infer_multiview_triangulation_kit.files import prepare_folder
from infer_multiview_triangulation.infer_multiview_triangulation_kit.keypoints.trajectories import (
    stamped_rate,
)
from infer_multiview_triangulation.infer_multiview_triangulation_kit.ports import (
    array_at,
    declare_ports,
    dictionary_at,
    publish_dictionary,
)
from infer_multiview_triangulation.infer_multiview_triangulation_kit.stopping import stoppable
from infer_multiview_triangulation.infer_multiview_triangulation_kit.task import PluginTask
from infer_multiview_triangulation.multiview_files import (
    Detections,
    detections_of,
    read_cameras,
    read_detections,
)
from infer_multiview_triangulation.multiview_geometry import (
    Camera,
    Reconstructions,
    Skeleton,
    reconstruct_people,
    skeleton_of,
)
from infer_multiview_triangulation.multiview_geometry.quality.figures import ViewQuality
from infer_multiview_triangulation.multiview_geometry.skeletons import DETECTED, SKELETONS
from infer_multiview_triangulation.outputs import write_all
from infer_multiview_triangulation.parameters import (
    CALIBRATE_BOARD,
    InferMultiviewTriangulationParam,
    Settings,
)
from infer_multiview_triangulation.picture import draw, draw_calibration
from infer_multiview_triangulation.ports import Input, Output

logger = logging.getLogger(__name__)

# What input 1 may say of the keypoints.
METADATA_KEYS = ("skeleton", "fps", "views", "sizes", "timestamps")


class InferMultiviewTriangulation(PluginTask, dataprocess.C2dImageTask):
    """2D keypoints of several views (and cameras) → 3D keypoints, cameras, report, picture."""

    def __init__(self, name: str, param: InferMultiviewTriangulationParam | None) -> None:
        super().__init__(name, False)
        report = DataDictIO()
        report.name = "reconstruction"
        declare_ports(
            self,
            inputs=[dataprocess.CArrayIO(), DataDictIO(), DataDictIO()],
            outputs=[
                dataprocess.CArrayIO(),
                report,
                dataprocess.CNumericIO("errors of the views"),
                dataprocess.CImageIO(),
                dataprocess.CArrayIO(),
            ],
        )
        self.set_param_object(copy.deepcopy(param) if param else InferMultiviewTriangulationParam())
        self._stopped = False

    def get_progress_steps(self) -> int:
        return 3

    def stop(self) -> None:
        """End a reconstruction at the next step."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Reconstruct, publish and, with ``output_folder``, write.

        Raises:
            ValueError, FileNotFoundError: An input, a file or a parameter cannot be used.
            Stopped: It was stopped; nothing was published or written.
        """
        settings = self.get_param_object().settings
        self._stopped = False
        if settings.mode == CALIBRATE_BOARD:
            self._calibrate(settings)
            return
        detections = self._detections(settings)
        skeleton = _skeleton(settings, detections)
        cameras = self._cameras(settings)
        fps = settings.fps or detections.fps or stamped_rate(detections.timestamps)
        noticed = list(detections.warnings)
        if not fps:
            noticed.append("no frame rate is told, 60 frames a second are taken: set fps")
        if settings.output_folder:
            prepare_folder(Path(settings.output_folder), "output_folder")
        self._begin()
        self.emit_step_progress()
        # The matrices are small: more threads cost time, and take it from others.
        with threadpool_limits(1, user_api="blas"), stoppable(lambda: self._stopped):
            people = reconstruct_people(
                detections.keypoints2d,
                cameras,
                skeleton,
                settings.options,
                names=detections.views,
                sizes=detections.sizes,
                fps=fps,
                timestamps=detections.timestamps,
                warnings=noticed,
                should_stop=lambda: self._stopped,
            )
        for warning in people.quality["warnings"]:
            logger.warning(warning)
        self.emit_step_progress()
        self._publish(people, settings)
        self.emit_step_progress()
        self.end_task_run()

    def _begin(self) -> None:
        if all(self.get_input(port) is not None for port in Input):
            # It refuses a task whose root hands over nothing, which is right with paths alone.
            self.begin_task_run()

    def _calibrate(self, settings: Settings) -> None:
        """Cameras from videos of a board; the outputs of keypoints are empty.

        Raises:
            ImportError: PyAV, which reads videos, is not installed.
        """
        check_installed("mode=calibrate_board", "av", instead="give cameras_path to another mode")
        # Late, as it needs PyAV, which the other modes do not.
        from infer_multiview_triangulation.board_mode import calibrate, report_of_board, write

        if settings.output_folder:
            prepare_folder(Path(settings.output_folder), "output_folder")
        self._begin()
        self.emit_step_progress()
        with threadpool_limits(1, user_api="blas"), stoppable(lambda: self._stopped):
            calibration = calibrate(settings, self._cameras(settings))
        for warning in calibration.quality["warnings"]:
            logger.warning(warning)
        self.emit_step_progress()
        for port in (Output.KEYPOINTS3D, Output.FRAME_BY_FRAME):
            self.get_output(port).set_array(np.zeros((0, 0, 3)))
        publish_dictionary(self, Output.REPORT, report_of_board(calibration))
        self._publish_errors(calibration.quality["views"])
        self.get_output(Output.PICTURE).set_image(
            draw_calibration(calibration.cameras, calibration.boards, calibration.quality["views"])
        )
        if settings.output_folder:
            written = write(Path(settings.output_folder), calibration)
            logger.info("written: %s", ", ".join(str(path) for path in written))
        self.emit_step_progress()
        self.end_task_run()

    def _detections(self, settings: Settings) -> Detections:
        if settings.keypoints_path:
            return read_detections(
                settings.keypoints_path,
                _told(settings),
                allow_pickle=settings.allow_pickle,
                allow_uneven=settings.allow_uneven,
            )
        array = array_at(self, Input.KEYPOINTS)
        if array is None:
            raise ValueError(
                "input 0 of infer_multiview_triangulation is empty and keypoints_path is not set: "
                "connect an array (V, F, J, 3) of x, y, confidence, or set keypoints_path"
            )
        metadata = dictionary_at(self, Input.METADATA)
        content = {key: metadata[key] for key in METADATA_KEYS if key in metadata}
        return detections_of({**content, "keypoints2d": array}, "inputs 0 and 1", _told(settings))

    def _cameras(self, settings: Settings) -> list[Camera] | None:
        if settings.cameras_path:
            return read_cameras(settings.cameras_path)
        return cameras_from(dictionary_at(self, Input.CAMERAS))

    def _publish(self, people: Reconstructions, settings: Settings) -> None:
        arrays = {
            Output.KEYPOINTS3D: people.stacked("keypoints3d_optim"),
            Output.FRAME_BY_FRAME: people.stacked("keypoints3d"),
        }
        for port, array in arrays.items():
            self.get_output(port).set_array(array if settings.is_everybody else array[0])
        publish_dictionary(
            self, Output.REPORT, report_of(people, is_everybody=settings.is_everybody)
        )
        self._publish_errors(people.quality["views"])
        self.get_output(Output.PICTURE).set_image(draw(people))
        if settings.output_folder:
            written = write_all(
                Path(settings.output_folder),
                people,
                is_everybody=settings.is_everybody,
                with_pickle=settings.aist_pickle,
            )
            logger.info("written: %s", ", ".join(str(path) for path in written))

    def _publish_errors(self, views: list[ViewQuality]) -> None:
        table = self.get_output(Output.ERRORS)
        table.clear_data()
        table.set_output_type(dataprocess.NumericOutputType.TABLE)
        names = [view["name"] for view in views]
        for key in ("median", "mad", "inlier_share", "left_out_median"):
            values = (view[key] for view in views)
            # Ikomia's table takes numbers only.
            numbers = [-1.0 if value is None else float(value) for value in values]
            table.add_value_list(numbers, key, names)


def _told(settings: Settings) -> str:
    """The skeleton that the user names, for the readers."""
    return "auto" if settings.skeleton == "known" else settings.skeleton


def _skeleton(settings: Settings, detections: Detections) -> Skeleton:
    """What the keypoints are.

    Raises:
        ValueError: Several skeletons have so many or, where a known one is asked for, none has.
    """
    count = detections.keypoints2d.shape[3]
    skeleton = skeleton_of(detections.skeleton, count)
    if settings.skeleton == "known" and skeleton.name not in SKELETONS:
        counts = {name: SKELETONS[name].points or len(SKELETONS[name].joints) for name in DETECTED}
        known = ", ".join(f"{name} ({count})" for name, count in counts.items())
        raise ValueError(
            f"{count} keypoints a person are no known skeleton's; known are {known}: take the "
            "body's part of them; without a body fit, skeleton auto triangulates them as they are"
        )
    return skeleton


class InferMultiviewTriangulationParamFactory(PluginParamFactory):
    plugin = "infer_multiview_triangulation"
    param_class = InferMultiviewTriangulationParam


class InferMultiviewTriangulationFactory(PluginTaskFactory):
    task_class = InferMultiviewTriangulation
    metadata = Metadata(
        name="infer_multiview_triangulation",
        short_description=(
            "Cameras and 3D keypoints from the 2D keypoints of several synchronous views"
        ),
        path="Plugins/Python/Motion",
        authors="Ruilong Li, Shan Yang, David A. Ross, Angjoo Kanazawa",
        article="AI Choreographer: Music Conditioned 3D Dance Generation with AIST++",
        article_url="https://arxiv.org/abs/2101.08779",
        journal="ICCV",
        year=2021,
        documentation_link="https://google.github.io/aistplusplus_dataset/",
        original_repository="https://github.com/google/aistplusplus_api",
        keywords="motion capture,triangulation,multi-view,calibration,charuco,keypoints,bundle",
        algo_tasks="KEYPOINTS_DETECTION",
        min_ram=2,
        min_vram=0,
    )
