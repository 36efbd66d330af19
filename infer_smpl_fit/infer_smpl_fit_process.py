"""The Ikomia task of the body fit: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

import numpy as np
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_smpl_fit.fit_input import NOT_TRIANGULATED, FitInput, fit_input
from infer_smpl_fit.fitting import Everybody, check_engine, fit_take
from infer_smpl_fit.infer_smpl_fit_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_smpl_fit.infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE, origin_near
from infer_smpl_fit.infer_smpl_fit_kit.ports import (
    array_at,
    declare_ports,
    dictionary_at,
    publish_dictionary,
)
from infer_smpl_fit.infer_smpl_fit_kit.task import PluginTask
from infer_smpl_fit.outputs import write_all
from infer_smpl_fit.overlay import (
    Backdrop,
    Camera,
    camera_backdrop,
    cameras_of,
    draw_over,
    draw_people_over,
    find_camera,
    frames_before,
    read_cameras,
    read_video_frame,
)
from infer_smpl_fit.parameters import InferSmplFitParam, Settings
from infer_smpl_fit.people import Person, report_of_people, stacked
from infer_smpl_fit.ports import Input, Output
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.figures import Figure
from infer_smpl_fit.smpl_export.motion import AXES, rotation_to_y_up
from infer_smpl_fit.smpl_export.render import SURFACE, contact_sheet
from infer_smpl_fit.upward import Upward, told_upward, upward

logger = logging.getLogger(__name__)

# From the body to the picture's camera, in a world that is y up.
VIEW = np.array([0.5, 0.25, 1.0])
# Width and height of a moment of the contact sheet, and moments in a row, of several people.
WIDE_CELL, WIDE_COLUMNS = (480, 360), 4
FAR = (
    "the person is far from the world's origin: .glb (and .c3d of the keypoints) are written "
    "around an origin near them, which the files tell, as their 32-bit coordinates would lose the "
    "millimetres"
)


class InferSmplFit(PluginTask, dataprocess.C2dImageTask):
    """3D keypoints → poses, places and shapes of bodies, as arrays, files and pictures."""

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
        check_engine(settings, model)
        cameras = _cameras(settings, metadata)
        axis_of_input = None if settings.keypoints_path else metadata.get("up_axis")
        told = told_upward(settings.up_axis, axis_of_input, cameras)
        backdrop = _backdrop(settings, cameras, given)
        if all(self.get_input(port) is not None for port in Input):
            # It refuses a task whose root hands over nothing, which is right with a path alone.
            self.begin_task_run()
        self.emit_step_progress()
        fitted = fit_take(
            model,
            given,
            settings,
            upright=rotation_to_y_up(told.axis) if told else None,
            should_stop=lambda: self._is_stopped,
        )
        self.emit_step_progress()
        people = fitted.people
        motions = [person.motion for person in people]
        up = upward(told, motions)
        if any(origin_near(motion.transl, "m").any() for motion in motions):
            given.warnings.append(FAR)
        self._publish(given, fitted, _report(fitted, model, given, settings, up=up))
        drawn = backdrop and _drawn_over(backdrop, people, model, given)
        self._publish_pictures(people, model, up.axis, overlay=drawn)
        if settings.output_folder:
            written = write_all(Path(settings.output_folder), people, model, up=up.axis)
            logger.info("written: %s", ", ".join(str(path) for path in written))
        self.emit_step_progress()
        self.end_task_run()

    def _input(self, settings: Settings, metadata: dict[str, Any]) -> FitInput:
        if settings.keypoints_path:
            return fit_input(settings, None, {})
        try:
            array = array_at(self, Input.KEYPOINTS)
        except ValueError as error:
            if not metadata.get("quality"):
                raise
            raise ValueError(NOT_TRIANGULATED) from error
        return fit_input(settings, array, metadata)

    def _body(self, settings: Settings) -> BodyModel:
        key = (settings.model_file, settings.gender)
        if self._model is None or key != self._built_from:
            self._model = load_body(settings.model_file or None, settings.gender)
            self._built_from = key
        return self._model

    def _publish(self, given: FitInput, fitted: Everybody, report: dict[str, Any]) -> None:
        for warning in report["warnings"]:
            logger.warning(warning)
        arrays = stacked(fitted.people, len(given.names))
        for port, name in (
            (Output.POSES, "poses"),
            (Output.TRANSL, "transl"),
            (Output.SCALING, "scaling"),
            (Output.BETAS, "betas"),
        ):
            array = arrays[name] if given.is_of_several else arrays[name][0]
            self.get_output(port).set_array(array)
        publish_dictionary(self, Output.REPORT, report)
        curve = self.get_output(Output.LOSS)
        curve.clear_data()
        curve.set_output_type(dataprocess.NumericOutputType.PLOT)
        for person in fitted.people:
            curve.add_value_list([float(loss) for loss in person.fit.losses], _curve_name(person))

    def _publish_pictures(
        self, people: list[Person], model: BodyModel, up: str, *, overlay: np.ndarray | None
    ) -> None:
        view = VIEW @ rotation_to_y_up(up)
        if people[0].name:
            figures = [person.figure() for person in people]
            layout: dict[str, Any] = {"cell": WIDE_CELL, "columns": WIDE_COLUMNS}
        else:
            figures, layout = [Figure(people[0].motion, SURFACE)], {}
        sheet = contact_sheet(figures, model, direction=view, up=AXES[up], **layout)
        self.get_output(Output.CONTACT_SHEET).set_image(sheet)
        output = self.get_output(Output.OVERLAY)
        # The picture of an earlier run must not pass for this one's.
        output.clear_data()
        if overlay is not None:
            output.set_image(overlay)


def _curve_name(person: Person) -> str:
    return f"loss {person.name}".strip()


def _cameras(settings: Settings, metadata: dict[str, Any]) -> list[Camera]:
    if settings.cameras_path:
        return read_cameras(settings.cameras_path)
    return [camera for camera in metadata.get("cameras") or [] if isinstance(camera, dict)]


def _backdrop(settings: Settings, cameras: list[Camera], given: FitInput) -> Backdrop | None:
    """What the body is drawn over; made before the fit, so that a wrong path costs nothing."""
    if not settings.video_path:
        return None
    middle = given.middle_frame
    with cameras_of(settings.cameras_path or "input 1"):
        camera = find_camera(cameras, settings.camera)
    begin = frames_before(settings.video_path, given.first_frame, given.warnings)
    picture = read_video_frame(settings.video_path, begin + middle)
    with cameras_of(settings.cameras_path or "input 1"):
        return camera_backdrop(camera, picture, middle)


def _drawn_over(
    backdrop: Backdrop, people: list[Person], model: BodyModel, given: FitInput
) -> np.ndarray:
    unit = UNITS_PER_METRE[people[0].fit.report["unit"]]
    if not given.is_of_several:
        return draw_over(backdrop, people[0].motion.enlarged(unit), model)
    return draw_people_over(backdrop, [person.figure(unit) for person in people], model)


def _report(
    fitted: Everybody, model: BodyModel, given: FitInput, settings: Settings, *, up: Upward
) -> dict[str, Any]:
    body_note = f"{model.name}: betas are this file's"
    if model.is_builtin:
        body_note = "the built-in body: its betas mean nothing to other programs' SMPL"
    first = fitted.people[0].fit
    told: dict[str, Any]
    if given.is_of_several:
        told = report_of_people(fitted.people, given.names, fitted.reasons)
    else:
        told = first.report | {"scaling": float(first.scaling)}
    return told | {
        "engine": settings.engine,
        "mode": settings.fit_mode,
        "fps": given.fps,
        "up_axis": up.axis,
        "up_axis_from": up.told_by,
        "frames": given.frames,
        "gender": model.gender,
        "body_note": body_note,
        "warnings": [*given.warnings, *told["warnings"], *up.warnings],
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
