"""The Ikomia task of multi-view triangulation: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from pathlib import Path

import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO
from threadpoolctl import threadpool_limits

from infer_multiview_triangulation.data import cameras_from, report_of, unit_of
from infer_multiview_triangulation.multiview_files import (
    Detections,
    detections_of,
    read_cameras,
    read_detections,
)
from infer_multiview_triangulation.multiview_geometry import (
    Camera,
    Reconstruction,
    Skeleton,
    reconstruct,
    skeleton_of,
)
from infer_multiview_triangulation.outputs import write_all
from infer_multiview_triangulation.parameters import InferMultiviewTriangulationParam, Settings
from infer_multiview_triangulation.picture import draw

logger = logging.getLogger(__name__)

KEYPOINTS, METADATA, CAMERAS = range(3)
TOLD = ("skeleton", "fps", "views", "sizes", "timestamps")
KEYPOINTS3D, REPORT, ERRORS, PICTURE, RAW = range(5)
DEFAULT_RATE = 60.0


class InferMultiviewTriangulation(dataprocess.C2dImageTask):
    """2D keypoints of several views (and cameras) → 3D keypoints, cameras, report, picture."""

    def __init__(self, name: str, param: InferMultiviewTriangulationParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        self.add_input(dataprocess.CArrayIO())
        self.add_input(DataDictIO())
        self.add_input(DataDictIO())
        self.add_output(dataprocess.CArrayIO())
        report = DataDictIO()
        report.name = "reconstruction"
        self.add_output(report)
        errors = dataprocess.CNumericIO("errors of the views")
        self.add_output(errors)
        self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CArrayIO())
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
            InterruptedError: It was stopped; nothing was published or written.
        """
        settings = self.get_param_object().settings
        self._stopped = False
        detections = self._detections(settings)
        skeleton = skeleton_of(detections.skeleton, detections.keypoints2d.shape[3])
        cameras = self._cameras(settings)
        if settings.output_folder:
            _make_folder(Path(settings.output_folder))
        if all(self.get_input(index) is not None for index in (KEYPOINTS, METADATA, CAMERAS)):
            # It refuses a task whose root hands over nothing, which is right with paths alone.
            self.begin_task_run()
        self.emit_step_progress()
        fps = settings.fps or detections.fps or DEFAULT_RATE
        # The matrices are small: more threads cost time, and take it from others.
        with threadpool_limits(1, user_api="blas"):
            found = reconstruct(
                detections.keypoints2d,
                cameras,
                skeleton,
                settings.options,
                detections.views,
                detections.sizes,
                fps,
                lambda: self._stopped,
            )
        found.quality["warnings"] = [*detections.warnings, *found.quality["warnings"]]
        for warning in found.quality["warnings"]:
            logger.warning(warning)
        self.emit_step_progress()
        units = unit_of(found.keypoints3d_optim, settings.units)
        if _has_no_unit(settings, cameras):
            units = "unknown"
        self._publish(found, skeleton, settings, units, fps, detections.timestamps)
        self.emit_step_progress()
        self.end_task_run()

    def _detections(self, settings: Settings) -> Detections:
        if settings.keypoints_path:
            return read_detections(
                settings.keypoints_path,
                settings.skeleton,
                settings.allow_pickle,
                allow_uneven=settings.allow_uneven,
            )
        connected = self.get_input(KEYPOINTS)
        array = connected.get_array() if connected and connected.is_data_available() else None
        if array is None or array.size == 0:
            raise ValueError(
                "input 0 of infer_multiview_triangulation is empty and keypoints_path is not set: "
                "connect an array (V, F, J, 3) of x, y, confidence, or set keypoints_path"
            )
        told = self._dictionary(METADATA)
        told = {name: told[name] for name in TOLD if name in told}
        return detections_of({**told, "keypoints2d": array}, "inputs 0 and 1", settings.skeleton)

    def _cameras(self, settings: Settings) -> list[Camera] | None:
        if settings.cameras_path:
            return read_cameras(settings.cameras_path)
        return cameras_from(self._dictionary(CAMERAS))

    def _dictionary(self, index: int) -> dict:
        connected = self.get_input(index)
        return dict(connected.data or {}) if connected and connected.is_data_available() else {}

    def _publish(
        self,
        found: Reconstruction,
        skeleton: Skeleton,
        settings: Settings,
        units: str,
        fps: float,
        timestamps: np.ndarray,
    ) -> None:
        report = report_of(found, skeleton, units, fps, timestamps)
        self.get_output(KEYPOINTS3D).set_array(found.keypoints3d_optim)
        self.get_output(RAW).set_array(found.keypoints3d)
        # Ikomia empties a published dictionary in place when the task runs again.
        self.get_output(REPORT).data = copy.deepcopy(report)
        self._publish_errors(report["quality"]["views"])
        self.get_output(PICTURE).set_image(draw(found, skeleton, found.up_axis or "y"))
        if settings.output_folder:
            folder = Path(settings.output_folder)
            written = write_all(
                folder, found, skeleton, units, fps, timestamps, settings.aist_pickle
            )
            logger.info("written: %s", ", ".join(str(path) for path in written))

    def _publish_errors(self, views: list[dict]) -> None:
        table = self.get_output(ERRORS)
        table.clear_data()
        table.set_output_type(dataprocess.NumericOutputType.TABLE)
        names = [view["name"] for view in views]
        for key in ("median", "mad", "inlier_share", "left_out_median"):
            # Ikomia's table takes numbers only.
            values = [-1.0 if view[key] is None else float(view[key]) for view in views]
            table.add_value_list(values, key, names)


def _has_no_unit(settings: Settings, cameras: list[Camera] | None) -> bool:
    """Whether nothing tells how long anything is: cameras from nothing, and no scale."""
    from_nothing = cameras is None and settings.start_cameras == "none"
    return from_nothing and settings.scale == "none" and settings.units == "auto"


def _make_folder(folder: Path) -> None:
    """Before the work, so that it is not lost to a path that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"output_folder {folder} cannot be made ({error}): name another") from error


class InferMultiviewTriangulationParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_multiview_triangulation"

    def create(self) -> InferMultiviewTriangulationParam:
        return InferMultiviewTriangulationParam()


class InferMultiviewTriangulationFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_multiview_triangulation"
        info.short_description = (
            "Cameras and 3D keypoints from the 2D keypoints of several synchronous views"
        )
        info.path = "Plugins/Python/Motion"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Ruilong Li, Shan Yang, David A. Ross, Angjoo Kanazawa"
        info.article = "AI Choreographer: Music Conditioned 3D Dance Generation with AIST++"
        info.article_url = "https://arxiv.org/abs/2101.08779"
        info.journal = "ICCV"
        info.year = 2021
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://google.github.io/aistplusplus_dataset/"
        info.original_repository = "https://github.com/google/aistplusplus_api"
        info.keywords = "motion capture,triangulation,multi-view,calibration,keypoints,bundle"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "KEYPOINTS_DETECTION"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 2
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 0

    def create(
        self, param: InferMultiviewTriangulationParam | None = None
    ) -> InferMultiviewTriangulation:
        return InferMultiviewTriangulation(self.info.name, param)
