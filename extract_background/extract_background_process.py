"""The Ikomia task that extracts the empty background: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging
from dataclasses import replace

import numpy as np
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from extract_background.extract_background_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from extract_background.extract_background_kit.pictures import as_rgb
from extract_background.extract_background_kit.ports import (
    declare_ports,
    image_at,
    is_video_at,
    publish_dictionary,
    refuse_frame_as_matte,
    video_path_at,
)
from extract_background.extract_background_kit.sequence import SequenceWatch
from extract_background.extract_background_kit.task import PluginTask
from extract_background.parameters import ExtractBackgroundParam
from extract_background.plate_estimation import FrameStore, Plate, RunningMean, estimate_plate
from extract_background.plate_estimation.progress import Progress, silent
from extract_background.ports import Input, Output
from extract_background.sources import check_paths, files_key, plate_of_files, reads_files

logger = logging.getLogger(__name__)

PROGRESS_STEPS = 20


class ExtractBackground(PluginTask, dataprocess.C2dImageTask):
    """Frames (and mattes) → background plate, coverage, hole mask, report."""

    def __init__(self, name: str, param: ExtractBackgroundParam | None) -> None:
        super().__init__(name, False)
        report = DataDictIO()
        report.name = "background report"
        pictures = (Output.BACKGROUND, Output.COVERAGE, Output.HOLES)
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO() for _ in Input],
            outputs=[
                *(dataprocess.CImageIO() for _ in pictures),
                report,
                dataprocess.CArrayIO(),
                dataprocess.CImageIO(),
            ],
        )
        self.set_param_object(copy.deepcopy(param) if param else ExtractBackgroundParam())
        self._watch = SequenceWatch()
        self._store: FrameStore | None = None
        self._running = RunningMean()
        self._matte_count = 0
        self._plate_of_files: tuple[tuple, Plate] | None = None
        self._is_stopped = False
        self._steps_told = 0

    def get_progress_steps(self) -> int:
        return PROGRESS_STEPS

    def stop(self) -> None:
        """Ask a running estimation to end."""
        super().stop()
        self._is_stopped = True

    def run(self) -> None:
        """Take the current frame, or read the files, and publish the plate so far.

        Raises:
            ValueError, FileNotFoundError: An input or a parameter cannot be used.
            Stopped: The estimation was stopped; nothing was published.
        """
        settings = self.get_param_object().settings
        self._is_stopped = False
        image = image_at(self, Input.FRAMES)
        is_video = is_video_at(self, Input.FRAMES)
        looks_ahead = settings.mode == "look_ahead"
        check_paths(settings, looks_ahead and is_video)
        if all(self.get_input(port) is not None for port in Input):
            # It refuses a task whose root hands over nothing, which is right with paths alone.
            self.begin_task_run()
        self._steps_told = 0
        if reads_files(settings):
            self._look_ahead("", None)
        elif image is None:
            raise ValueError(
                "input 0 of extract_background is empty and no path is set: connect a video, or "
                "set video_path, frames_folder or easyvolcap_root"
            )
        elif not looks_ahead:
            self._accumulate(as_rgb(image))
        elif is_video:
            self._look_ahead(video_path_at(self, Input.FRAMES), as_rgb(image))
        else:
            raise ValueError(
                "mode=look_ahead reads the input's file, but the input is no video: use "
                "mode=streaming, or set video_path"
            )
        self._tell_progress(1.0)
        self.end_task_run()

    def finish(self, progress: Progress = silent) -> Plate:
        """Estimate from all frames taken so far and publish the final plate.

        A video finishes by itself at its last frame; call this after pictures given one by one.

        Args:
            progress: Told the share that is done, 0 to 1.

        Raises:
            ValueError: No frame was given.
            Stopped: The estimation was stopped.
        """
        settings = self.get_param_object().settings
        if self._store is None:
            raise ValueError("extract_background was given no frame")
        plate = estimate_plate(self._store, settings.options, self._should_stop, progress)
        self._publish(plate)
        return plate

    def _should_stop(self) -> bool:
        return self._is_stopped

    def _tell_progress(self, share: float) -> None:
        """Emit the steps of a run that make up the share, 0 to 1, that is done."""
        while self._steps_told < round(share * PROGRESS_STEPS):
            self.emit_step_progress()
            self._steps_told += 1

    def _look_ahead(self, source: str, shown: np.ndarray | None) -> None:
        settings = self.get_param_object().settings
        key = files_key(settings, source)
        if self._plate_of_files is None or self._plate_of_files[0] != key:
            if self._matte(shown) is not None:
                logger.warning(
                    "mode=look_ahead cannot wait for the mattes at input 1 and ignores them: give "
                    "alpha_video_path, or use mode=streaming"
                )
            plate = plate_of_files(
                settings,
                source,
                shown=shown,
                should_stop=self._should_stop,
                progress=self._tell_progress,
            )
            self._plate_of_files = key, plate
        self._publish(self._behind(self._plate_of_files[1], shown))

    def _behind(self, plate: Plate, frame: np.ndarray | None) -> Plate:
        """Of a camera that moves, the plate as it lies behind ``frame``, where that is known."""
        if plate.moving is None or frame is None:
            return plate
        self._watch.is_new(self.get_input(Input.FRAMES), frame, "video")
        view = plate.moving.find_behind(frame, near=self._watch.calls - 1)
        if view is None:
            logger.warning("this frame cannot be registered: the plate is the reference frame's")
            return plate
        holes = view.coverage == 0
        return replace(plate, background=view.background, coverage=view.coverage, holes=holes)

    def _accumulate(self, frame: np.ndarray) -> None:
        connected = self.get_input(Input.FRAMES)
        rule = "video" if is_video_at(self, Input.FRAMES) else "stream"
        begins = self._watch.is_new(connected, frame, rule)
        matte = self._matte(frame)
        if begins:
            self._store = None
        if self._store is None:
            self._store = self._begun(has_mattes=matte is not None)
        is_repeated = self._watch.steps == 0
        # Where the matte video ended, Ikomia goes on with its last frame.
        is_beyond_mattes = 0 < self._matte_count < self._watch.calls
        counts = not is_repeated and not is_beyond_mattes
        if counts and self._store.add(frame, matte):
            self._running.take(self._store)
        if self._watch.is_complete:
            self._note_counts(self._store)
            self.finish(self._tell_progress)
        else:
            self._publish(self._running.plate(self._store))

    def _begun(self, has_mattes: bool) -> FrameStore:
        settings = self.get_param_object().settings
        settings.options.method_for(has_mattes)
        has_matte_video = has_mattes and is_video_at(self, Input.MATTES)
        mattes = self.get_input(Input.MATTES)
        self._matte_count = max(0, mattes.get_video_frame_count()) if has_matte_video else 0
        self._running = RunningMean()
        sampling = settings.sampling
        stride = sampling.stride_over(self._watch.expected)
        return FrameStore(sampling.max_frames, stride, sampling.memory_budget_mb)

    def _matte(self, frame: np.ndarray | None) -> np.ndarray | None:
        """The matte at input 1, or None.

        Raises:
            ValueError: It is the frame itself, as when Ikomia connects one source to all inputs.
        """
        matte = image_at(self, Input.MATTES)
        if matte is not None and frame is not None:
            refuse_frame_as_matte(self, Input.MATTES, matte=matte, frame=frame)
        return matte

    def _note_counts(self, store: FrameStore) -> None:
        frames, mattes = self._watch.calls - self._watch.repeated, self._matte_count
        if self._watch.repeated:
            store.warn(f"the header promises {self._watch.expected} frames, {frames} could be read")
        if mattes and abs(frames - mattes) > 1:
            store.warn(
                f"there are {frames} frames and {mattes} mattes: {min(frames, mattes)} were paired "
                "by index; were they made at different frame rates?"
            )

    def _publish(self, plate: Plate) -> None:
        coverage = np.rint(np.clip(plate.coverage, 0, 1) * 255).astype(np.uint8)
        self.get_output(Output.BACKGROUND).set_image(plate.background)
        self.get_output(Output.COVERAGE).set_image(coverage)
        self.get_output(Output.HOLES).set_image(plate.holes.astype(np.uint8) * 255)
        publish_dictionary(self, Output.REPORT, plate.report)
        self.get_output(Output.COVERAGE_ARRAY).set_array(plate.coverage)
        mosaic = plate.background if plate.moving is None else plate.moving.background
        self.get_output(Output.MOSAIC).set_image(mosaic)


class ExtractBackgroundParamFactory(PluginParamFactory):
    plugin = "extract_background"
    param_class = ExtractBackgroundParam


class ExtractBackgroundFactory(PluginTaskFactory):
    task_class = ExtractBackground
    metadata = Metadata(
        name="extract_background",
        short_description="The empty background plate of a video, with or without mattes",
        path="Plugins/Python/Background",
        authors="Thierry Bouwmans, Lucia Maddalena, Alfredo Petrosino",
        article="Scene background initialization: A taxonomy",
        article_url="https://doi.org/10.1016/j.patrec.2016.12.024",
        journal="Pattern Recognition Letters",
        year=2017,
        documentation_link="https://sbmi2015.na.icar.cnr.it/",
        original_repository="https://github.com/google/aistplusplus_api",
        keywords="background,plate,median,gaussian mixture,video,matting",
        algo_tasks="OTHER",
        min_vram=0,
    )
