"""The motion chain's steps: run the workflow, draw what shows its result, write the report."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_people.people_files import ARRAYS, View, find_views
from infer_smpl_fit.overlay import frames_before
from infer_smpl_fit.ports import Output as FitOutput
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from plugin_kit.array_files import read_arrays
from plugin_kit.keypoints.trajectories import first_frame_of
from plugin_kit.picture_files import write_picture
from plugin_kit.video import VideoInfo
from workflows.motion.everybody import Everybody, everybody_of
from workflows.motion.footage import Footage
from workflows.motion.graph import FIT, PEOPLE, TRIANGULATION, motion_workflow
from workflows.motion.marker_names import OPENSIM, rename_markers
from workflows.motion.motion_page import write_page
from workflows.motion.options import FOUND, MotionOptions, check_options
from workflows.motion.preview import write_preview
from workflows.motion.progress import Steps
from workflows.motion.report import WHAT, MotionReport, files_of
from workflows.motion.viewer import INSTALL, is_installed
from workflows.motion.views import CameraVideos, camera_videos
from workflows.output_folder import held_folder, refuse_to_replace_inputs, staged_outputs
from workflows.plugins import run_workflow, task_of

# Rates of the same frames, as shares of one another.
RATES_DIFFER = 0.01


def run_motion(options: MotionOptions) -> MotionReport:
    """Run the chain; every file appears whole or not at all.

    What infer_people found stays in ``people`` below the output: a run that was broken off, or
    another one with the same videos and settings, does not look for it again.

    Raises:
        FileNotFoundError, ValueError: An input cannot be used.
        RuntimeError: A task failed; the text holds the reason.
    """
    check_options(options)
    body_file, gender = options.fit.get("model_file"), options.fit.get("gender", "neutral")
    model = load_body(str(body_file) if body_file else None, str(gender))
    videos = camera_videos(options.videos, options.cameras) if options.finds_people else None
    options = replace(options, videos=videos.paths if videos else _files(options.videos))
    inputs = {"--keypoints": options.keypoints, "--cameras": options.cameras}
    word = "VIDEOS" if videos else "--video"
    inputs |= {f"{word} {index}": video for index, video in enumerate(options.videos, 1)}
    refuse_to_replace_inputs(inputs, [options.output / name for name in (*WHAT, "report.json")])
    read = [path for path in inputs.values() if path is not None]
    with held_folder(options.output), staged_outputs(options.output, read) as staging:
        _check_outputs(options)
        given, noticed = (options, videos.warnings) if videos else _with_rate_of_video(options)
        report = _Run(given, staging, model, videos, list(noticed)).report()
    report.show(options.output)
    return report


@dataclass
class _Run:
    """One run of the chain.

    Attributes:
        options: What is asked; their output is where results appear at the end.
        folder: Where they are written.
        model: The body.
        videos: What people are looked for in; None where keypoints are given.
        noticed: What was odd about the inputs.
    """

    options: MotionOptions
    folder: Path
    model: BodyModel
    videos: CameraVideos | None
    noticed: list[str]

    def report(self) -> MotionReport:
        """Do everything; the report is written."""
        with Steps() as steps:
            triangulation, fit = self._run_tasks(steps)
            self._write_pictures(triangulation, fit)
            everybody = everybody_of(triangulation, fit, self.model)
            told = dict(triangulation.get_output(TriangulationOutput.REPORT).data)
            self._rename_markers(told["skeleton"])
            footage = self._footage(everybody, told["quality"])
            if self.options.has_preview:
                write_preview(
                    self.folder / "preview.mp4",
                    everybody,
                    footage[0] if footage else None,
                    progress=steps.begin("preview"),
                )
            if self.options.has_viewer:
                self._write_page(everybody, footage, steps)
        report = MotionReport(
            told,
            dict(fit.get_output(FitOutput.REPORT).data),
            steps.seconds,
            files_of(self.folder),
            self.noticed,
        )
        report.write(self.folder)
        return report

    def _run_tasks(self, steps: Steps) -> tuple[Any, Any]:
        """The tasks of the triangulation and of the fit, after their run."""
        options, found = replace(self.options, output=self.folder), self.options.output / FOUND
        if self.videos:
            cameras = self.videos.cameras_file(self.folder, self.options.cameras)
            options = replace(options, cameras=cameras)
        people = options.people_parameters(found)
        workflow = motion_workflow(
            options.triangulation_parameters, options.fit_parameters, people=people
        )
        triangulation, fit = (task_of(workflow, name) for name in (TRIANGULATION, FIT))
        fit.when_step = _once(lambda: steps.begin("body fit"))
        if self.videos:
            told = steps.begin("people")
            task_of(workflow, PEOPLE).when_frame = _share_of_all(self.videos, told)
            triangulation.when_step = _once(lambda: steps.begin("triangulation"))
        else:
            steps.begin("triangulation")
        run_workflow(workflow)
        steps.end()
        if people is not None:
            shutil.copyfile(found / ARRAYS, self.folder / ARRAYS)
        return triangulation, fit

    def _write_pictures(self, triangulation: Any, fit: Any) -> None:
        pictures = {
            "reconstruction.png": triangulation.get_output(TriangulationOutput.PICTURE),
            "body.png": fit.get_output(FitOutput.CONTACT_SHEET),
        }
        if self.options.videos:
            pictures["overlay.png"] = fit.get_output(FitOutput.OVERLAY)
        for name, output in pictures.items():
            write_picture(self.folder / name, output.get_image())

    def _rename_markers(self, skeleton: str) -> None:
        if self.options.names == OPENSIM:
            for path in sorted(self.folder.glob("keypoints3d*.trc")):
                rename_markers(path, skeleton)

    def _write_page(self, everybody: Everybody, footage: list[Footage], steps: Steps) -> None:
        if not is_installed():
            self.noticed.append(f"motion.html is left out, as viser is not installed: {INSTALL}")
            return
        try:
            write_page(
                self.folder / "motion.html",
                everybody,
                footage,
                title=f"motion: {self.options.output.name}",
                progress=steps.begin("browser page"),
            )
        except OSError as error:
            self.noticed.append(f"motion.html is left out: {error}")

    def _footage(self, everybody: Everybody, quality: dict[str, Any]) -> list[Footage]:
        """Each camera's video; in the order of the cameras."""
        late = [0] * len(self.options.videos)
        if self.options.triangulation.get("sync") == "auto":
            late = [view.get("late_frames") or 0 for view in quality["views"]]
        if self.videos:
            rate = float(max(view.rate for view in self.videos.views))
            return [
                Footage(path, rate, begin)
                for path, begin in zip(self.options.videos, late, strict=False)
            ]
        first = first_frame_of(everybody.timestamps, everybody.fps)
        return [
            Footage(path, None, begin + frames_before(path, first, []))
            for path, begin in zip(self.options.videos, late, strict=False)
        ]


def _once(begin: Callable[[], object]) -> Callable[[], None]:
    """What is told of every step, and acts on the first."""
    has_begun: list[bool] = []

    def told() -> None:
        if not has_begun:
            has_begun.append(True)
            begin()

    return told


def _share_of_all(
    videos: CameraVideos, told: Callable[[float], None]
) -> Callable[[View, int], None]:
    """Makes of a view's frames that are done the share of all frames of all views."""
    names = [view.name for view in videos.views]
    total = max(1, sum(videos.counts))

    def when_frame(view: View, done: int) -> None:
        told(min(1.0, (sum(videos.counts[: names.index(view.name)]) + done) / total))

    return when_frame


def _files(videos: tuple[Path, ...]) -> tuple[Path, ...]:
    """The videos, with those in a folder for the folder."""
    if not any(video.is_dir() for video in videos):
        return videos
    return tuple(view.info.path for view in find_views("\n".join(map(str, videos))))


def _check_outputs(options: MotionOptions) -> None:
    """Refuse to start where a folder has the name of a result."""
    for name in (*WHAT, "report.json"):
        if (options.output / name).is_dir():
            raise ValueError(f"{options.output / name} is a folder: name another --output")


def _with_rate_of_video(options: MotionOptions) -> tuple[MotionOptions, list[str]]:
    """With the video's frame rate where no other is told, and what is odd about it."""
    if not options.videos or options.keypoints is None:
        return options, []
    told: Any = options.triangulation.get("fps")
    rate = float(VideoInfo.from_path(options.videos[0]).rate)
    try:
        is_archive = options.keypoints.suffix.lower() == ".npz"
        told = told or (is_archive and read_arrays(options.keypoints, ["fps"]).get("fps"))
    except (OSError, ValueError):
        # The triangulation says what is wrong with the file.
        return options, []
    if not told:
        return replace(options, triangulation={**options.triangulation, "fps": rate}), []
    if abs(float(told) / rate - 1) < RATES_DIFFER:
        return options, []
    return options, [
        f"{options.videos[0].name} has {rate:g} frames a second, {float(told):g} are told and "
        "taken: --fps sets another"
    ]
