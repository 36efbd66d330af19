"""Make a root of synchronous videos: camera by camera, then the plates, then the motion."""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.error import FFmpegError

from extract_background.ports import Input, Output
from infer_people.people_files import View, ViewPeople, arrays_of, find_views
from infer_people.people_files.videos import common_rate
from infer_people.people_finding import FinderOptions, PeopleFinder
from plugin_kit.array_files import write_npz
from plugin_kit.easyvolcap import IMAGES, MASKS, PLATES
from plugin_kit.files import write_json
from workflows.capture.camera import PEOPLE, CameraCapture, MatteOf
from workflows.capture.motion import KEYPOINTS, check_motion, make_motion, write_cameras
from workflows.capture.options import CaptureOptions, check_options
from workflows.capture.report import CaptureReport
from workflows.matting.graph import PLATE, plate_workflow
from workflows.matting.masks import PeopleFinder as MatteFinder
from workflows.matting.options import ChainOptions
from workflows.output_folder import held_folder
from workflows.plugins import run_workflow, task_of
from workflows.screen import counting_bar

logger = logging.getLogger(__name__)

# What a camera's data bring about costs that camera alone.
CAMERA_ERRORS = (ValueError, OSError, RuntimeError, FFmpegError)


def run_capture(options: CaptureOptions) -> CaptureReport:
    """Make the root ``options.output``; what is finished of it is kept.

    ::

        images/<camera>/  mask/<camera>/  alpha/<camera>.mkv  bkgd/<camera>.png
        intri.yml  extri.yml  keypoints2d.npz  people/<camera>.npz  motion/  report.json
        motion.npz  motion_<person>.npz  output-output-smpl-3d/smplfull/<frame>.json

    Raises:
        FileNotFoundError, ValueError: No video can be used, or an option is wrong.
        RuntimeError: RVM was asked for and its weights cannot be had.
        OSError: An output cannot be written.
    """
    check_options(options)
    check_motion(options)
    report = CaptureReport([str(path) for path in options.videos])
    views = _readable_views(options.videos, report)
    rate = common_rate(views)
    with held_folder(options.output):
        _refuse_foreign(options.output, views)
        found = _make_cameras(options, views, rate, report=report)
        if not found:
            raise ValueError(f"no camera could be used: {'; '.join(report.failures.values())}")
        write_npz(options.output / KEYPOINTS, arrays_of(found, rate))
        report.fps = float(rate)
        with report.timed("plates"):
            _make_plates(options, found, report)
        if options.has_motion:
            with report.timed("motion"):
                make_motion(options, report)
        write_cameras(options, [people.name for people in found], report)
        write_json(options.output / "report.json", asdict(report))
    if not options.quiet:
        report.show(options.output)
    return report


def _readable_views(videos: Sequence[Path], report: CaptureReport) -> list[View]:
    """The cameras' videos; those that cannot be read are told in the report."""
    views: list[View] = []
    for path in _video_files(videos):
        try:
            views += find_views(path)
        except CAMERA_ERRORS as error:
            report.failures[path.stem] = str(error)
    if not views:
        raise ValueError(f"no video can be read: {'; '.join(report.failures.values())}")
    names = [view.name for view in views]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two videos are called {twice}: rename one of them")
    return views


def _video_files(videos: Sequence[Path]) -> list[Path]:
    from workflows.dataset.layouts import videos_below

    files = [f for path in videos for f in (videos_below(path) if path.is_dir() else [path])]
    if not files:
        raise FileNotFoundError(f"{videos[0]} holds no video: give a folder of them")
    return files


def _refuse_foreign(root: Path, views: Sequence[View]) -> None:
    if (root / PEOPLE).is_dir():
        return
    for view in views:
        for folder in (root / IMAGES / view.name, root / MASKS / view.name):
            if folder.exists():
                raise ValueError(
                    f"{folder} is there already and was not made by this command: name another "
                    "--output"
                )


def _make_cameras(
    options: CaptureOptions, views: Sequence[View], rate: Fraction, *, report: CaptureReport
) -> list[ViewPeople]:
    settings = FinderOptions(
        input_size=options.input_size,
        max_people=options.max_people,
        device=options.device,
    )
    matte = _Matte(options, report)
    told = {"people": str(settings), "matte": report.matte, "jpeg": str(options.jpeg_quality)}
    finder: PeopleFinder | None = None
    found: list[ViewPeople] = []
    with counting_bar(options.quiet) as progress:
        for view in views:
            capture = CameraCapture(options.output, view, rate, told)
            bar = progress.add_task(view.name, total=view.info.frame_count or None)
            people = capture.finished()
            if people is not None:
                found.append(people)
                report.kept.append(view.name)
                progress.update(bar, completed=len(people.frames))
                continue
            finder = finder or PeopleFinder(settings)
            staging = options.output / f".camera-{uuid.uuid4().hex[:12]}"
            try:
                with report.timed("people, masks and pictures"):
                    people, odd = capture.make(
                        finder,
                        matte.begin(),
                        staging,
                        quality=options.jpeg_quality,
                        advance=lambda bar=bar: progress.advance(bar),
                    )
            except CAMERA_ERRORS as error:
                report.failures[view.name] = str(error)
                continue
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            found.append(people)
            report.warnings += odd
    report.cameras = {
        people.name: {
            "frames": len(people.frames),
            "people_a_frame": float(np.mean([len(frame) for frame in people.frames] or [0])),
        }
        for people in found
    }
    report.frames = sum(len(people.frames) for people in found)
    return found


class _Matte:
    """Whose alpha is written: RVM's where its weights are to be had, else the people's masks."""

    def __init__(self, options: CaptureOptions, report: CaptureReport) -> None:
        self._finder: MatteFinder | None = None
        report.matte = "people"
        if options.matte == "people":
            return
        chain = ChainOptions(
            options.videos[0],
            options.output,
            rvm_weights=options.rvm_weights,
            device=options.device,
        )
        try:
            finder = MatteFinder("rvm", chain)
            finder.load()
        except RuntimeError as error:
            if options.matte == "rvm" or options.rvm_weights:
                raise
            report.warnings.append(f"The masks are infer_people's: {error}")
            return
        self._finder, report.matte = finder, "rvm"

    def begin(self) -> MatteOf:
        """For the frames of another camera."""
        if self._finder is None:
            return lambda image, people: people.mask()
        finder = self._finder
        finder.begin_sequence()
        return lambda image, people: finder.find(image).mask


def _make_plates(
    options: CaptureOptions, found: Sequence[ViewPeople], report: CaptureReport
) -> None:
    root = options.output
    parameters = {
        "easyvolcap_root": root,
        "plates_folder": root / PLATES,
        "masks_folder": root / MASKS,
    }
    workflow = plate_workflow(matte=False, plate=parameters)
    # The task reads the root; a picture only lets the workflow begin.
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=Input.FRAMES)
    try:
        run_workflow(workflow)
    except RuntimeError as error:
        report.failures["plates"] = str(error)
        return
    made = task_of(workflow, PLATE).get_output(Output.REPORT).data
    for camera, plate in made["cameras"].items():
        if camera in report.cameras:
            report.cameras[camera]["plate"] = plate
        for warning in plate.get("warnings", []):
            report.warnings.append(f"camera {camera}: {warning}")
