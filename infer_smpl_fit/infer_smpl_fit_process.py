"""The Ikomia task of the body fit: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_smpl_fit.keypoint_files import Keypoints3D, arranged, read_keypoints
from infer_smpl_fit.outputs import motion_of, turn_to_y, up_of, write_all
from infer_smpl_fit.overlay import body_over_video
from infer_smpl_fit.parameters import InferSmplFitParam, Settings
from infer_smpl_fit.smpl_body.conventions import ALIASES, CONVENTIONS
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import contact_sheet
from infer_smpl_fit.smpl_fitting import Fit, fit_body

logger = logging.getLogger(__name__)

KEYPOINTS, METADATA = range(2)
POSES, TRANSL, SCALING, BETAS, REPORT, LOSS, PICTURE, OVERLAY = range(8)
DEFAULT_RATE = 60.0
# From the body to the picture's camera, in a world that is y up.
VIEW = np.array([0.5, 0.25, 1.0])


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
            InterruptedError: It was stopped; nothing was published or written.
        """
        settings = self.get_param_object().settings
        self._stopped = False
        given = self._keypoints(settings)
        model = self._model(settings)
        if all(self.get_input(index) is not None for index in (KEYPOINTS, METADATA)):
            # It refuses a task whose root hands over nothing, which is right with a path alone.
            self.begin_task_run()
        self.emit_step_progress()
        fit = self._fit(model, given, settings, settings.mode)
        needs_second = settings.output_folder and settings.mode == "fit"
        aist = self._fit(model, given, settings, "aist") if needs_second else fit
        self.emit_step_progress()
        self._publish(fit, aist, model, given, settings)
        self.emit_step_progress()
        self.end_task_run()

    def _keypoints(self, settings: Settings) -> Keypoints3D:
        if settings.keypoints_path:
            given = read_keypoints(settings.keypoints_path, settings.allow_pickle)
        else:
            given = self._connected()
        told = settings.convention if settings.convention != "auto" else given.convention
        if told is None:
            count = given.points.shape[1]
            fitting = [n for n, c in CONVENTIONS.items() if len(c.keypoints) == count]
            if len(fitting) != 1:
                raise ValueError(
                    f"{count} keypoints may be {' or '.join(fitting) or 'of no known convention'}: "
                    f"set convention to one of {', '.join(CONVENTIONS)}"
                )
            told = fitting[0]
        return Keypoints3D(
            given.points,
            told,
            given.units if settings.units == "auto" else settings.units,
            settings.fps or given.fps or DEFAULT_RATE,
        )

    def _connected(self) -> Keypoints3D:
        connected = self.get_input(KEYPOINTS)
        array = connected.get_array() if connected and connected.is_data_available() else None
        if array is None or array.size == 0:
            raise ValueError(
                "input 0 of infer_smpl_fit is empty and keypoints_path is not set: connect an "
                "array (F, J, 3), or set keypoints_path"
            )
        points = np.array(array, np.float64)
        told = self._metadata()
        name = told.get("skeleton")
        name = ALIASES.get(name, name)
        if name is not None and name not in CONVENTIONS:
            points, name = arranged(points, told.get("joints", []), "input 0")
        units = told.get("units")
        return Keypoints3D(points, name, None if units == "unknown" else units, told.get("fps"))

    def _metadata(self) -> dict:
        connected = self.get_input(METADATA)
        return dict(connected.data or {}) if connected and connected.is_data_available() else {}

    def _model(self, settings: Settings) -> BodyModel:
        key = (settings.model_file, settings.gender)
        if key != self._body_key:
            self._body = load_body(settings.model_file or None, settings.gender)
            self._body_key = key
        return self._body

    def _fit(self, model: BodyModel, given: Keypoints3D, settings: Settings, mode: str) -> Fit:
        return fit_body(
            model,
            given.points,
            given.convention,
            given.fps,
            mode,
            smooth=settings.smooth,
            units=given.units or "auto",
            should_stop=lambda: self._stopped,
        )

    def _publish(
        self, fit: Fit, aist: Fit, model: BodyModel, given: Keypoints3D, settings: Settings
    ) -> None:
        motion = motion_of(fit, settings.mode, given.fps)
        report = fit.report | {
            "mode": settings.mode,
            "fps": given.fps,
            "frames": len(fit.poses),
            "gender": model.gender,
            "body_note": _body_note(model),
            "scaling": float(fit.scaling),
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
        up = up_of(motion, settings.up_axis)
        sheet = contact_sheet(motion, model, direction=VIEW @ turn_to_y(up), up=up)
        self.get_output(PICTURE).set_image(cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB))
        self._publish_overlay(motion, model, given, settings)
        if settings.output_folder:
            folder = Path(settings.output_folder)
            written = write_all(folder, motion, aist, model, up)
            logger.info("written: %s", ", ".join(str(path) for path in written))

    def _publish_losses(self, losses: tuple[float, ...]) -> None:
        curve = self.get_output(LOSS)
        curve.clear_data()
        curve.set_output_type(dataprocess.NumericOutputType.PLOT)
        curve.add_value_list([float(loss) for loss in losses], "loss")

    def _publish_overlay(
        self, motion: BodyMotion, model: BodyModel, given: Keypoints3D, settings: Settings
    ) -> None:
        if not settings.video_path:
            return
        scale = {"m": 1.0, "cm": 100.0, "mm": 1000.0}[given.units or "m"]
        in_world = replace(motion, transl=motion.transl * scale, scaling=motion.scaling * scale)
        picture = body_over_video(
            in_world,
            model,
            self._metadata().get("cameras", []),
            settings.camera,
            settings.video_path,
        )
        self.get_output(OVERLAY).set_image(picture)


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
