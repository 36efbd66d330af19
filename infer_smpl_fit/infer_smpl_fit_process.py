"""The Ikomia task of the body fit: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_smpl_fit.infer_smpl_fit_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_smpl_fit.infer_smpl_fit_kit.keypoints.trajectories import (
    UNITS_PER_METRE,
    first_frame_of,
    origin_near,
    stamped_rate,
)
from infer_smpl_fit.infer_smpl_fit_kit.ports import (
    array_at,
    declare_ports,
    dictionary_at,
    publish_dictionary,
)
from infer_smpl_fit.infer_smpl_fit_kit.task import PluginTask
from infer_smpl_fit.keypoint_files import read_keypoints, unit_called
from infer_smpl_fit.keypoint_names import Keypoints3D, resolved
from infer_smpl_fit.outputs import metric_motion_of, write_all
from infer_smpl_fit.overlay import (
    Backdrop,
    Camera,
    camera_backdrop,
    cameras_of,
    draw_over,
    find_camera,
    frames_before,
    read_cameras,
    read_video_frame,
)
from infer_smpl_fit.parameters import InferSmplFitParam, Settings
from infer_smpl_fit.ports import Input, Output
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import AXES, BodyMotion, rotation_to_y_up
from infer_smpl_fit.smpl_export.render import contact_sheet
from infer_smpl_fit.smpl_fitting import Fit, Mode, fit_body
from infer_smpl_fit.upward import Upward, told_upward, upward

logger = logging.getLogger(__name__)

DEFAULT_RATE = 60.0
# From the body to the picture's camera, in a world that is y up.
VIEW = np.array([0.5, 0.25, 1.0])
FAR = (
    "the person is far from the world's origin: .glb (and .c3d of the keypoints) are written "
    "around an origin near them, which the files tell, as their 32-bit coordinates would lose the "
    "millimetres"
)


@dataclass(frozen=True)
class FitInput:
    """What is fitted: points (F, J, 3), NaN where missing; axis and unit may be auto."""

    points: np.ndarray
    convention: str
    units: str
    fps: float
    warnings: list[str]
    told: Keypoints3D


NOT_TRIANGULATED = (
    "not one keypoint was triangulated: at least two views have to see it, with more than "
    "min_confidence, where the cameras say. Lower min_confidence, or see whether the views show "
    "the person, and whether cameras and views belong together"
)


class InferSmplFit(PluginTask, dataprocess.C2dImageTask):
    """3D keypoints → the poses, place and shape of a body, as arrays, files and pictures."""

    def __init__(self, name: str, param: InferSmplFitParam | None) -> None:
        super().__init__(name, False)
        arrays = (Output.POSES, Output.TRANSL, Output.SCALING, Output.BETAS)
        pictures = (Output.CONTACT_SHEET, Output.OVERLAY)
        report = DataDictIO()
        report.name = "fit"
        declare_ports(
            self,
            inputs=[dataprocess.CArrayIO(), DataDictIO()],
            outputs=[
                *(dataprocess.CArrayIO() for _ in arrays),
                report,
                dataprocess.CNumericIO("loss"),
                *(dataprocess.CImageIO() for _ in pictures),
            ],
        )
        self.set_param_object(copy.deepcopy(param) if param else InferSmplFitParam())
        self._built_from: tuple | None = None
        self._model: BodyModel | None = None
        self._is_stopped = False

    def get_progress_steps(self) -> int:
        return 3

    def stop(self) -> None:
        """End a fit at its next iteration."""
        super().stop()
        self._is_stopped = True

    def run(self) -> None:
        """Fit, publish and, with ``output_folder``, write.

        Raises:
            ValueError, FileNotFoundError: An input, a file or a parameter cannot be used.
            Stopped: It was stopped; nothing was published or written.
        """
        settings = self.get_param_object().settings
        self._is_stopped = False
        metadata = dictionary_at(self, Input.METADATA)
        given = self._input(settings, metadata)
        model = self._body(settings)
        cameras = _cameras(settings, metadata)
        axis_of_input = None if settings.keypoints_path else metadata.get("up_axis")
        told = told_upward(settings.up_axis, axis_of_input, cameras)
        backdrop = _backdrop(settings, cameras, given)
        if all(self.get_input(port) is not None for port in Input):
            # It refuses a task whose root hands over nothing, which is right with a path alone.
            self.begin_task_run()
        self.emit_step_progress()
        fit_as = partial(
            fit_body,
            model,
            given.points,
            given.convention,
            fps=given.fps,
            smooth=settings.smooth,
            units=given.units,
            should_stop=lambda: self._is_stopped,
        )
        try:
            fit = aist_fit = fit_as(mode=settings.mode)
            if settings.output_folder and settings.mode == "fit":
                aist_fit = fit_as(mode="aist")
        except ValueError as error:
            raise ValueError(f"{given.told.source}: {error}") from error
        self.emit_step_progress()
        motion = metric_motion_of(
            fit, settings.mode, fps=given.fps, first_frame=given.told.first_frame
        )
        unit = UNITS_PER_METRE[fit.report["unit"]]
        up = upward(told, motion)
        if origin_near(motion.transl, "m").any():
            given.warnings.append(FAR)
        self._publish(fit, _report(fit, model, given, mode=settings.mode, up=up))
        drawn = backdrop and draw_over(backdrop, motion.enlarged(unit), model)
        self._publish_pictures(motion, model, up.axis, overlay=drawn)
        if settings.output_folder:
            folder = Path(settings.output_folder)
            written = write_all(folder, motion, model, aist_fit=aist_fit, up=up.axis)
            logger.info("written: %s", ", ".join(str(path) for path in written))
        self.emit_step_progress()
        self.end_task_run()

    def _input(self, settings: Settings, metadata: dict[str, Any]) -> FitInput:
        if settings.keypoints_path:
            keypoints = read_keypoints(settings.keypoints_path, settings.allow_pickle)
            metadata = {}
        else:
            keypoints = self._connected(metadata)
        points, convention = resolved(keypoints, settings.convention)
        units = settings.units if settings.units != "auto" else keypoints.units or "auto"
        warnings = []
        if not (settings.fps or keypoints.fps):
            warnings.append(f"no frame rate is told, {DEFAULT_RATE:g} is taken: set fps")
        fps = float(settings.fps or keypoints.fps or DEFAULT_RATE)
        return FitInput(points, convention, units, fps, warnings, told=keypoints)

    def _connected(self, metadata: dict[str, Any]) -> Keypoints3D:
        try:
            array = array_at(self, Input.KEYPOINTS)
        except ValueError as error:
            if not metadata.get("quality"):
                raise
            raise ValueError(NOT_TRIANGULATED) from error
        if array is None:
            raise ValueError(
                "input 0 of infer_smpl_fit is empty and keypoints_path is not set: connect an "
                "array (F, J, 3), or set keypoints_path"
            )
        if array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"input 0 is {array.shape}; it takes (F, J, 3) of x, y, z")
        if metadata.get("quality") and not np.isfinite(array).all(axis=2).any():
            raise ValueError(NOT_TRIANGULATED)
        stamps = metadata.get("timestamps")
        fps = metadata.get("fps") or stamped_rate(stamps)
        return Keypoints3D(
            points=np.array(array, np.float64),
            names=tuple(metadata["joints"]) if metadata.get("joints") else None,
            skeleton=metadata.get("skeleton"),
            units=unit_called(metadata.get("units"), "input 1"),
            fps=fps,
            source="input 0",
            first_frame=first_frame_of(stamps, fps),
        )

    def _body(self, settings: Settings) -> BodyModel:
        key = (settings.model_file, settings.gender)
        if self._model is None or key != self._built_from:
            self._model = load_body(settings.model_file or None, settings.gender)
            self._built_from = key
        return self._model

    def _publish(self, fit: Fit, report: dict[str, Any]) -> None:
        for warning in report["warnings"]:
            logger.warning(warning)
        self.get_output(Output.POSES).set_array(fit.poses)
        self.get_output(Output.TRANSL).set_array(fit.transl)
        self.get_output(Output.SCALING).set_array(np.array([[fit.scaling]]))
        self.get_output(Output.BETAS).set_array(fit.betas)
        publish_dictionary(self, Output.REPORT, report)
        curve = self.get_output(Output.LOSS)
        curve.clear_data()
        curve.set_output_type(dataprocess.NumericOutputType.PLOT)
        curve.add_value_list([float(loss) for loss in fit.losses], "loss")

    def _publish_pictures(
        self, motion: BodyMotion, model: BodyModel, up: str, *, overlay: np.ndarray | None
    ) -> None:
        view = VIEW @ rotation_to_y_up(up)
        sheet = contact_sheet(motion, model, direction=view, up=AXES[up])
        self.get_output(Output.CONTACT_SHEET).set_image(sheet)
        output = self.get_output(Output.OVERLAY)
        # The picture of an earlier run must not pass for this one's.
        output.clear_data()
        if overlay is not None:
            output.set_image(overlay)


def _cameras(settings: Settings, metadata: dict[str, Any]) -> list[Camera]:
    if settings.cameras_path:
        return read_cameras(settings.cameras_path)
    return [camera for camera in metadata.get("cameras") or [] if isinstance(camera, dict)]


def _backdrop(settings: Settings, cameras: list[Camera], given: FitInput) -> Backdrop | None:
    """What the body is drawn over; made before the fit, so that a wrong path costs nothing."""
    if not settings.video_path:
        return None
    middle = len(given.points) // 2
    with cameras_of(settings.cameras_path or "input 1"):
        camera = find_camera(cameras, settings.camera)
    begin = frames_before(settings.video_path, given.told.first_frame, given.warnings)
    picture = read_video_frame(settings.video_path, begin + middle)
    with cameras_of(settings.cameras_path or "input 1"):
        return camera_backdrop(camera, picture, middle)


def _report(
    fit: Fit, model: BodyModel, given: FitInput, *, mode: Mode, up: Upward
) -> dict[str, Any]:
    body_note = f"{model.name}: betas are this file's"
    if model.is_builtin:
        body_note = "the built-in body: its betas mean nothing to other programs' SMPL"
    return fit.report | {
        "mode": mode,
        "fps": given.fps,
        "up_axis": up.axis,
        "up_axis_from": up.told_by,
        "frames": len(fit.poses),
        "gender": model.gender,
        "body_note": body_note,
        "scaling": float(fit.scaling),
        "warnings": [*given.warnings, *fit.report["warnings"], *up.warnings],
    }


class InferSmplFitParamFactory(PluginParamFactory):
    plugin = "infer_smpl_fit"
    param_class = InferSmplFitParam


class InferSmplFitFactory(PluginTaskFactory):
    task_class = InferSmplFit
    metadata = Metadata(
        name="infer_smpl_fit",
        short_description="SMPL body motion from 3D keypoints, for Blender and others",
        path="Plugins/Python/Motion",
        authors="Matthew Loper, Naureen Mahmood, Javier Romero, Gerard Pons-Moll, M. J. Black",
        article="SMPL: A Skinned Multi-Person Linear Model",
        article_url="https://files.is.tue.mpg.de/black/papers/SMPL2015.pdf",
        journal="ACM Transactions on Graphics",
        year=2015,
        documentation_link="https://smpl.is.tue.mpg.de/",
        original_repository="https://github.com/google/aistplusplus_api",
        keywords="SMPL,motion capture,body fitting,BVH,glTF,AMASS,AIST++",
        algo_tasks="OTHER",
        min_ram=2,
        min_vram=0,
    )
