"""The Ikomia task that extracts the empty background: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import logging

import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from extract_background.frame_sequence import FrameSequence
from extract_background.parameters import ExtractBackgroundParam
from extract_background.plate_estimation import FrameStore, Plate, RunningMean, estimate_plate
from extract_background.plate_estimation.pictures import as_rgb
from extract_background.plate_estimation.reading import stride_for
from extract_background.sources import (
    check_paths,
    files_key,
    options_of,
    plate_of_files,
    reads_files,
)

logger = logging.getLogger(__name__)

FRAMES, MATTES = range(2)
BACKGROUND, COVERAGE, HOLES, REPORT, COVERAGE_ARRAY = range(5)


class ExtractBackground(dataprocess.C2dImageTask):
    """Frames (and mattes) → background plate, coverage, hole mask, report."""

    def __init__(self, name: str, param: ExtractBackgroundParam | None) -> None:
        super().__init__(name, False)
        self.clear_inputs()
        self.clear_outputs()
        for _ in range(2):
            self.add_input(dataprocess.CImageIO())
        for _ in range(3):
            self.add_output(dataprocess.CImageIO())
        report = DataDictIO()
        report.name = "background report"
        self.add_output(report)
        self.add_output(dataprocess.CArrayIO())
        self.set_param_object(copy.deepcopy(param) if param else ExtractBackgroundParam())
        self._sequence = FrameSequence()
        self._store: FrameStore | None = None
        self._running = RunningMean()
        self._matte_count = 0
        self._plate: Plate | None = None
        self._plate_key: tuple | None = None
        self._stopped = False

    def get_progress_steps(self) -> int:
        return 2

    def stop(self) -> None:
        """Ask a running estimation to end."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Take the current frame, or read the files, and publish the plate so far.

        Raises:
            ValueError, FileNotFoundError: An input or a parameter cannot be used.
            InterruptedError: The estimation was stopped; nothing was published.
        """
        settings = self.get_param_object().settings
        self._stopped = False
        connected = self.get_input(FRAMES)
        image = connected.get_image() if connected and connected.is_data_available() else None
        is_video = isinstance(connected, dataprocess.CVideoIO)
        looks_ahead = settings.mode == "look_ahead"
        check_paths(settings, looks_ahead and is_video)
        if not reads_files(settings) and (image is None or image.size == 0):
            raise ValueError(
                "input 0 of extract_background is empty and no path is set: connect a video, or "
                "set video_path, frames_folder or easyvolcap_root"
            )
        if looks_ahead and not is_video and not reads_files(settings):
            raise ValueError(
                "mode=look_ahead reads the input's file, but the input is no video: use "
                "mode=streaming, or set video_path"
            )
        self.begin_task_run()
        self.emit_step_progress()
        if reads_files(settings):
            self._look_ahead("", None)
        elif looks_ahead:
            self._look_ahead(connected.source_file_path, as_rgb(image))
        else:
            self._accumulate(as_rgb(image), connected)
        self.emit_step_progress()
        self.end_task_run()

    def finish(self) -> Plate:
        """Estimate from all frames taken so far and publish the final plate.

        A video finishes by itself at its last frame; call this after pictures given one by one.

        Raises:
            ValueError: No frame was given.
            InterruptedError: The estimation was stopped.
        """
        settings = self.get_param_object().settings
        if self._store is None:
            raise ValueError("extract_background was given no frame")
        self._plate = estimate_plate(self._store, options_of(settings), lambda: self._stopped)
        self._publish(self._plate)
        return self._plate

    def _look_ahead(self, source: str, shown: np.ndarray | None) -> None:
        settings = self.get_param_object().settings
        key = files_key(settings, source)
        if key != self._plate_key:
            if self._matte(shown) is not None:
                logger.warning(
                    "mode=look_ahead cannot wait for the mattes at input 1 and ignores them: give "
                    "alpha_video_path, or use mode=streaming"
                )
            self._plate = plate_of_files(settings, source, lambda: self._stopped, shown)
            self._plate_key = key
        self._publish(self._plate)

    def _accumulate(self, frame: np.ndarray, connected: dataprocess.CImageIO) -> None:
        self._sequence.follow(connected, frame)
        matte = self._matte(frame)
        if self._sequence.begins:
            self._begin(matte)
        counts = not self._sequence.is_repeated and not self._is_beyond_mattes()
        if counts and self._store.add(frame, matte):
            self._running.take(self._store)
        if self._sequence.is_complete:
            self._note_counts()
            self.finish()
        else:
            self._publish(self._running.plate(self._store))

    def _begin(self, matte: np.ndarray | None) -> None:
        settings = self.get_param_object().settings
        options_of(settings).method_for(matte is not None)
        connected = self.get_input(MATTES)
        is_video = matte is not None and isinstance(connected, dataprocess.CVideoIO)
        self._matte_count = max(0, connected.get_video_frame_count()) if is_video else 0
        stride = stride_for(self._sequence.expected, settings.max_frames, settings.stride)
        self._store = FrameStore(settings.max_frames, stride, settings.memory_budget_mb)
        self._running = RunningMean()

    def _matte(self, frame: np.ndarray | None) -> np.ndarray | None:
        """The matte at input 1, or None.

        Raises:
            ValueError: It is the frame itself, as when Ikomia connects one source to all inputs.
        """
        connected = self.get_input(MATTES)
        matte = connected.get_image() if connected and connected.is_data_available() else None
        if matte is None or matte.size == 0:
            return None
        is_picture = frame is not None and matte.shape == frame.shape and np.ptp(frame) > 0
        if is_picture and np.array_equal(matte, frame):
            raise ValueError(
                "input 1 of extract_background is the frame itself, not its matte: connect the "
                "tasks explicitly (auto_connect wires one source to every input)"
            )
        return matte

    def _is_beyond_mattes(self) -> bool:
        """Whether the matte video ended: Ikomia goes on with its last frame."""
        return 0 < self._matte_count < self._sequence.calls

    def _note_counts(self) -> None:
        frames, mattes = self._sequence.calls - self._sequence.repeated, self._matte_count
        if self._sequence.repeated:
            self._store.warnings.append(
                f"the header promises {self._sequence.expected} frames, {frames} could be read"
            )
        if mattes and abs(frames - mattes) > 1:
            self._store.warnings.append(
                f"there are {frames} frames and {mattes} mattes: {min(frames, mattes)} were paired "
                "by index; were they made at different frame rates?"
            )

    def _publish(self, plate: Plate) -> None:
        coverage = np.rint(np.clip(plate.coverage, 0, 1) * 255).astype(np.uint8)
        self.get_output(BACKGROUND).set_image(plate.background)
        self.get_output(COVERAGE).set_image(coverage)
        self.get_output(HOLES).set_image(plate.holes.astype(np.uint8) * 255)
        # Ikomia empties the dictionary of the frame before, in place.
        self.get_output(REPORT).data = copy.deepcopy(plate.report)
        self.get_output(COVERAGE_ARRAY).set_array(plate.coverage)


class ExtractBackgroundParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "extract_background"

    def create(self) -> ExtractBackgroundParam:
        return ExtractBackgroundParam()


class ExtractBackgroundFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "extract_background"
        info.short_description = "The empty background plate of a video, with or without mattes"
        info.path = "Plugins/Python/Background"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Thierry Bouwmans, Lucia Maddalena, Alfredo Petrosino"
        info.article = "Scene background initialization: A taxonomy"
        info.article_url = "https://doi.org/10.1016/j.patrec.2016.12.024"
        info.journal = "Pattern Recognition Letters"
        info.year = 2017
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://sbmi2015.na.icar.cnr.it/"
        info.original_repository = "https://github.com/google/aistplusplus_api"
        info.keywords = "background,plate,median,gaussian mixture,video,matting"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "OTHER"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False

    def create(self, param: ExtractBackgroundParam | None = None) -> ExtractBackground:
        return ExtractBackground(self.info.name, param)
