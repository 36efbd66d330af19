"""The Ikomia task that extracts the empty background: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy

import cv2
import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from extract_background.parameters import ExtractBackgroundParam
from extract_background.plate_estimation import FrameStore, Plate, estimate_plate
from extract_background.plate_estimation.pictures import as_rgb
from extract_background.sources import options_of, plate_of_files, reads_files

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
        self._store: FrameStore | None = None
        self._running: np.ndarray | None = None
        self._plate: Plate | None = None
        self._plate_key: tuple | None = None
        self._last: tuple | None = None
        self._expected = 0
        self._stopped = False

    def get_progress_steps(self) -> int:
        return 2

    def stop(self) -> None:
        """Ask a running estimation to end."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Take the current frame, or read the files, and publish the plate so far."""
        settings = self.get_param_object().settings
        self._stopped = False
        connected = self.get_input(FRAMES)
        image = connected.get_image() if connected and connected.is_data_available() else None
        is_video = isinstance(connected, dataprocess.CVideoIO)
        if not reads_files(settings) and (image is None or image.size == 0):
            raise ValueError(
                "input 0 of extract_background is empty and no path is set: connect a video, or "
                "set video_path, frames_folder or easyvolcap_root"
            )
        self.begin_task_run()
        self.emit_step_progress()
        if reads_files(settings) or (settings.mode == "look_ahead" and is_video):
            self._look_ahead(connected.source_file_path if is_video else "")
        elif settings.mode == "look_ahead":
            raise ValueError(
                "mode=look_ahead reads the input's file, but the input is no video: use "
                "mode=streaming, or set video_path"
            )
        else:
            self._accumulate(as_rgb(image), connected if is_video else None)
        self.emit_step_progress()
        self.end_task_run()

    def finish(self) -> Plate:
        """Estimate from all frames taken so far and publish the final plate.

        A video finishes by itself at its last frame; call this after pictures given one by one.

        Raises:
            ValueError: No frame was given.
        """
        settings = self.get_param_object().settings
        if self._store is None:
            raise ValueError("extract_background was given no frame")
        self._plate = estimate_plate(self._store, options_of(settings), lambda: self._stopped)
        self._publish(self._plate)
        return self._plate

    def _look_ahead(self, source: str) -> None:
        settings = self.get_param_object().settings
        key = (source, settings)
        if key != self._plate_key:
            self._plate = plate_of_files(settings, source, lambda: self._stopped)
            self._plate_key = key
        self._publish(self._plate)

    def _accumulate(self, frame: np.ndarray, video: dataprocess.CVideoIO | None) -> None:
        if self._is_new_sequence(frame, video):
            self._begin(video)
        connected = self.get_input(MATTES)
        matte = connected.get_image() if connected and connected.is_data_available() else None
        if matte is not None and matte.size == 0:
            matte = None
        self._store.add(frame, matte)
        if self._expected and self._store.offered >= self._expected:
            self.finish()
        else:
            self._publish_running(frame, matte)

    def _is_new_sequence(self, frame: np.ndarray, video: dataprocess.CVideoIO | None) -> bool:
        path = video.source_file_path if video else ""
        position = video.get_current_pos() if video else 0
        last, self._last = self._last, (path, frame.shape, position)
        if self._store is None or last[:2] != (path, frame.shape):
            return True
        is_over = self._expected and self._store.offered >= self._expected
        return bool(video) and (position <= last[2] or bool(is_over))

    def _begin(self, video: dataprocess.CVideoIO | None) -> None:
        settings = self.get_param_object().settings
        self._expected = video.get_video_frame_count() if video else 0
        stride = max(settings.stride, -(-self._expected // settings.max_frames))
        self._store = FrameStore(settings.max_frames, stride, settings.memory_budget_mb)
        self._running = None

    def _publish_running(self, frame: np.ndarray, matte: np.ndarray | None) -> None:
        """A cheap estimate while frames still come: the mean where the matte is low."""
        share = 1.0
        if matte is not None:
            size = (frame.shape[1], frame.shape[0])
            grey = matte[..., 0] if matte.ndim == 3 else matte
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
            share = 1 - grey.astype(np.float32)[..., None] / 255
        if self._running is None:
            self._running = frame.astype(np.float32)
        rate = np.float32(1 / min(self._store.offered, 50)) * share
        self._running = self._running + rate * (frame - self._running)
        background = np.clip(np.rint(self._running), 0, 255).astype(np.uint8)
        seen = np.ones(frame.shape[:2], np.float32)
        report = {
            "method": "running mean (not final)",
            "frames_offered": self._store.offered,
            "frames_used": self._store.count,
            "warnings": [],
        }
        self._publish(Plate(background, seen, np.zeros(frame.shape[:2], bool), report))

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
        info.authors = "The authors of ikomia-human-capture"
        info.article = "Scene background initialization: a taxonomy"
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
