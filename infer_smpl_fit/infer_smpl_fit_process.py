"""The Ikomia task of the body fit: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_smpl_fit.keypoint_files import read_keypoints, unit_called
from infer_smpl_fit.keypoint_names import Keypoints3D, resolved
from infer_smpl_fit.outputs import AXES, motion_of, turn_to_y, up_of, write_all
from infer_smpl_fit.overlay import Backdrop, backdrop, draw_over, read_cameras
from infer_smpl_fit.parameters import InferSmplFitParam, Settings
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import contact_sheet
from infer_smpl_fit.smpl_fitting import Fit, fit_body
from infer_smpl_fit.smpl_fitting.units import UNITS

logger = logging.getLogger(__name__)

KEYPOINTS, METADATA = range(2)
POSES, TRANSL, SCALING, BETAS, REPORT, LOSS, PICTURE, OVERLAY = range(8)
DEFAULT_RATE = 60.0
# From the body to the picture's camera, in a world that is y up.
VIEW = np.array([0.5, 0.25, 1.0])


@dataclass(frozen=True)
class Clip:
    """What is fitted.

    Attributes:
        points: (F, J, 3), NaN where missing.
        convention: Of the J points.
        units: auto, m, cm or mm.
        fps: Frames a second.
        up_axis: An axis, or auto for that of the body.
        warnings: For the report.
    """

    points: np.ndarray
    convention: str
    units: str
    fps: float
    up_axis: str
    warnings: list[str]


class InferSmplFit(dataprocess.C2dImageTask):
    """3D keypoints → the poses, place and shape of a body, as arrays, files and pictures."""

    def __init__(self, name: str, param: InferSmplFitParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        self.add_input(dataprocess.CArrayIO())
        self.add_input(DataDictIO())
        for _ in (POSES, TRANSL, SCALING, BETAS):
            self.add_output(dataprocess.CArrayIO())
        report = DataDictIO()
        report.name = "fit"
        self.add_output(report)
        self.add_output(dataprocess.CNumericIO("loss"))
        self.add_output(dataprocess.CImageIO())
        self.add_output(dataprocess.CImageIO())
        self.set_param_object(copy.deepcopy(param) if param else InferSmplFitParam())
        self._body_key: tuple | None = None
        self._body: BodyModel | None = None
        self._stopped = False

    def get_progress_steps(self) -> int:
        return 3

    def stop(self) -> None:
        """End a fit at its next iteration."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Fit, publish and, with ``output_folder``, write.

        Raises:
            ValueError, FileNotFoundError: An input, a file or a parameter cannot be used.
            FitStopped: It was stopped; nothing was published or written.
        """
        settings = self.get_param_object().settings
        self._stopped = False
        clip = self._clip(settings)
        model = self._model(settings)
        behind = self._backdrop(settings, len(clip.points))
        if all(self.get_input(index) is not None for index in (KEYPOINTS, METADATA)):
            # It refuses a task whose root hands over nothing, which is right with a path alone.
            self.begin_task_run()
        self.emit_step_progress()
        fit = self._fit(model, clip, settings, settings.mode)
        needs_second = settings.output_folder and settings.mode == "fit"
        aist = self._fit(model, clip, settings, "aist") if needs_second else fit
        self.emit_step_progress()
        motion = motion_of(fit, settings.mode, clip.fps)
        if clip.up_axis == "auto":
            clip = replace(clip, up_axis=up_of(motion))
        self._publish(fit, model, clip, settings)
        self._publish_pictures(motion, model, clip.up_axis, behind, UNITS[fit.report["unit"]])
        if settings.output_folder:
            folder = Path(settings.output_folder)
            written = write_all(folder, motion, aist, model, clip.up_axis)
            logger.info("written: %s", ", ".join(str(path) for path in written))
        self.emit_step_progress()
        self.end_task_run()

    def _clip(self, settings: Settings) -> Clip:
        if settings.keypoints_path:
            given = read_keypoints(settings.keypoints_path, settings.allow_pickle)
            told = {}
        else:
            given = self._connected()
            told = self._metadata()
        points, convention = resolved(given, settings.convention)
        units = settings.units if settings.units != "auto" else given.units or "auto"
        up = settings.up_axis if settings.up_axis != "auto" else told.get("up_axis")
        warnings = []
        if not (settings.fps or given.fps):
            warnings.append(f"no frame rate is told, {DEFAULT_RATE:g} is taken: set fps")
        fps = float(settings.fps or given.fps or DEFAULT_RATE)
        return Clip(points, convention, units, fps, up if up in AXES else "auto", warnings)

    def _connected(self) -> Keypoints3D:
        connected = self.get_input(KEYPOINTS)
        array = connected.get_array() if connected and connected.is_data_available() else None
        if array is None or array.size == 0:
            raise ValueError(
                "input 0 of infer_smpl_fit is empty and keypoints_path is not set: connect an "
                "array (F, J, 3), or set keypoints_path"
            )
        if array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"input 0 is {array.shape}; it takes (F, J, 3) of x, y, z")
        told = self._metadata()
        return Keypoints3D(
            np.array(array, np.float64),
            tuple(told["joints"]) if told.get("joints") else None,
            told.get("skeleton"),
            unit_called(told.get("units"), "input 1"),
            told.get("fps"),
            "input 0",
        )

    def _metadata(self) -> dict:
        connected = self.get_input(METADATA)
        return dict(connected.data or {}) if connected and connected.is_data_available() else {}

    def _backdrop(self, settings: Settings, frames: int) -> Backdrop | None:
        """Before the fit, so that a wrong path costs nothing."""
        if not settings.video_path:
            return None
        cameras = self._metadata().get("cameras", [])
        if settings.cameras_path:
            cameras = read_cameras(settings.cameras_path)
        return backdrop(cameras, settings.camera, settings.video_path, frames)

    def _model(self, settings: Settings) -> BodyModel:
        key = (settings.model_file, settings.gender)
        if key != self._body_key:
            self._body = load_body(settings.model_file or None, settings.gender)
            self._body_key = key
        return self._body

    def _fit(self, model: BodyModel, clip: Clip, settings: Settings, mode: str) -> Fit:
        return fit_body(
            model,
            clip.points,
            clip.convention,
            clip.fps,
            mode,
            smooth=settings.smooth,
            units=clip.units,
            should_stop=lambda: self._stopped,
        )

    def _publish(self, fit: Fit, model: BodyModel, clip: Clip, settings: Settings) -> None:
        report = fit.report | {
            "mode": settings.mode,
            "fps": clip.fps,
            "up_axis": clip.up_axis,
            "frames": len(fit.poses),
            "gender": model.gender,
            "body_note": _body_note(model),
            "scaling": float(fit.scaling),
            "warnings": [*clip.warnings, *fit.report["warnings"]],
        }
        for warning in report["warnings"]:
            logger.warning(warning)
        self.get_output(POSES).set_array(fit.poses)
        self.get_output(TRANSL).set_array(fit.transl)
        self.get_output(SCALING).set_array(np.array([[fit.scaling]]))
        self.get_output(BETAS).set_array(fit.betas)
        # Ikomia empties a published dictionary in place when the task runs again.
        self.get_output(REPORT).data = copy.deepcopy(report)
        self._publish_losses(fit.losses)

    def _publish_losses(self, losses: tuple[float, ...]) -> None:
        curve = self.get_output(LOSS)
        curve.clear_data()
        curve.set_output_type(dataprocess.NumericOutputType.PLOT)
        curve.add_value_list([float(loss) for loss in losses], "loss")

    def _publish_pictures(
        self,
        motion: BodyMotion,
        model: BodyModel,
        up_axis: str,
        behind: Backdrop | None,
        units_per_metre: float,
    ) -> None:
        sheet = contact_sheet(motion, model, direction=VIEW @ turn_to_y(up_axis), up=AXES[up_axis])
        self.get_output(PICTURE).set_image(cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB))
        if behind is None:
            # The picture of an earlier run must not pass for this one's.
            self.get_output(OVERLAY).clear_data()
            return
        in_world = replace(
            motion,
            transl=motion.transl * units_per_metre,
            scaling=motion.scaling * units_per_metre,
        )
        self.get_output(OVERLAY).set_image(draw_over(behind, in_world, model))


def _body_note(model: BodyModel) -> str:
    if model.is_builtin:
        return "the built-in body: its betas mean nothing to other programs' SMPL"
    return f"{model.name}: betas are this file's"


class InferSmplFitParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_smpl_fit"

    def create(self) -> InferSmplFitParam:
        return InferSmplFitParam()


class InferSmplFitFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_smpl_fit"
        info.short_description = "SMPL body motion from 3D keypoints, for Blender and others"
        info.path = "Plugins/Python/Motion"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = (
            "Matthew Loper, Naureen Mahmood, Javier Romero, Gerard Pons-Moll, M. J. Black"
        )
        info.article = "SMPL: A Skinned Multi-Person Linear Model"
        info.article_url = "https://files.is.tue.mpg.de/black/papers/SMPL2015.pdf"
        info.journal = "ACM Transactions on Graphics"
        info.year = 2015
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://smpl.is.tue.mpg.de/"
        info.original_repository = "https://github.com/google/aistplusplus_api"
        info.keywords = "SMPL,motion capture,body fitting,BVH,glTF,AMASS,AIST++"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "OTHER"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 2
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 0

    def create(self, param: InferSmplFitParam | None = None) -> InferSmplFit:
        return InferSmplFit(self.info.name, param)
