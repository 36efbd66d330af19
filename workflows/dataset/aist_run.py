"""AIST++ as a whole: keypoints of each sequence, cameras of each environment, then the motion."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from plugin_kit.files import content_of, replacing, write_text
from workflows.dataset.aist import (
    CAMERAS,
    KEYPOINTS2D,
    KEYPOINTS3D,
    MAPPING,
    MOTIONS,
    SETTINGS,
    AistSettings,
    environments_of,
    sequence_of,
)
from workflows.dataset.aist_tasks import (
    CAMERAS_FILE,
    KEYPOINTS3D_FILE,
    KEYPOINTS_FILE,
    MOTION_FILE,
    bad_view_options,
)
from workflows.dataset.dry_run import show_plan
from workflows.dataset.layouts import aist_videos, chosen_units
from workflows.dataset.options import DatasetOptions
from workflows.dataset.report import DatasetReport
from workflows.dataset.runner import run_dataset
from workflows.dataset.units import RECORD, Unit

UNITS = "units"
TASKS = "workflows.dataset.aist_tasks:{}"
# Sequences that tell the cameras of an environment; AIST++ drew as many.
MOST_SEQUENCES = 20


class AistRun:
    """The three steps over one root, with results in AIST++'s own folders.

    ::

        units/{keypoints2d,cameras,motions}/<name>/   what each unit has made
        keypoints2d/<sequence>.pkl   cameras/<environment>.json   cameras/mapping.txt
        keypoints3d/<sequence>.pkl   motions/<sequence>.pkl

    What the root has already of keypoints2d/ and cameras/ is taken as it is.

    Args:
        options: ``root`` holds AIST's videos, or AIST++'s ``keypoints2d/``, or both.
    """

    def __init__(self, options: DatasetOptions) -> None:
        self._options = options
        self._root, self._output = options.root.resolve(), options.output.resolve()
        self._settings = AistSettings.read(options.settings or SETTINGS)
        videos = aist_videos(self._root)
        self._videos: dict[str, dict[str, Path]] = {}
        for video in videos:
            sequence, camera = sequence_of(video.stem)
            self._videos.setdefault(sequence, {})[camera] = video
        given = (self._root / KEYPOINTS2D).glob("*.pkl")
        self._given = {path.stem: path for path in given if not path.name.startswith(".")}
        sequences = sorted({*self._videos, *self._given})
        if not sequences:
            raise FileNotFoundError(
                f"{self._root} holds neither videos of AIST's (gBR_sBM_c01_d04_mBR0_ch01.mp4) nor "
                f"{KEYPOINTS2D}/*.pkl of AIST++"
            )
        self._environments = environments_of(sequences, self._root, self._settings)

    def run(self) -> list[DatasetReport]:
        """All steps in turn; a report of each.

        What fails in one leaves its sequences out of the next.
        """
        reports = []
        for name, units_of in self._steps():
            units = chosen_units(units_of(), self._options, may_be_none=True)
            if units:
                reports.append(run_dataset(self._options_of(name), units))
            self._collect(name)
        return reports

    def show_plans(self) -> None:
        """Print what the steps would do, as far as their inputs are there."""
        for name, units_of in self._steps():
            units = chosen_units(units_of(), self._options, may_be_none=True)
            print(f"{name}:")
            show_plan(self._options_of(name), units)

    def _steps(self) -> list[tuple[str, Callable[[], list[Unit]]]]:
        return [
            (KEYPOINTS2D, self.keypoint_units),
            (CAMERAS, self.camera_units),
            (MOTIONS, self.motion_units),
        ]

    def _options_of(self, step: str) -> DatasetOptions:
        return replace(self._options, output=self._output / UNITS / step, task=step)

    def keypoint_units(self) -> list[Unit]:
        """The sequences whose keypoints are not given."""
        return [
            Unit(
                sequence,
                TASKS.format("keypoints"),
                {f"video {camera}": path for camera, path in sorted(cameras.items())},
            )
            for sequence, cameras in self._videos.items()
            if sequence not in self._given
        ]

    def camera_units(self) -> list[Unit]:
        """The environments whose cameras are not given; of many sequences some tell them."""
        units = []
        for environment, sequences in self._environments.items():
            if (self._root / CAMERAS / f"{environment}.json").is_file():
                continue
            known = [name for name in sequences if self._keypoints(name).is_file()]
            step = max(1, len(known) // MOST_SEQUENCES)
            taken = known[::step][:MOST_SEQUENCES]
            bad = [
                option
                for name in taken
                for option in bad_view_options(self._settings.bad_views.get(name, {}), name)
            ]
            if taken:
                inputs = {f"keypoints {name}": self._keypoints(name) for name in taken}
                units.append(Unit(environment, TASKS.format("cameras"), inputs, tuple(bad)))
        return units

    def motion_units(self) -> list[Unit]:
        """The sequences of which keypoints and cameras are known."""
        return [
            Unit(
                name,
                TASKS.format("motion"),
                {"keypoints": self._keypoints(name), "cameras": self._cameras(environment)},
                (
                    *bad_view_options(self._settings.bad_views.get(name, {})),
                    *self._options.task_options,
                ),
            )
            for environment, names in self._environments.items()
            for name in names
            if self._keypoints(name).is_file() and self._cameras(environment).is_file()
        ]

    def _keypoints(self, sequence: str) -> Path:
        made = self._output / KEYPOINTS2D / f"{sequence}.pkl"
        return self._given.get(sequence, made)

    def _cameras(self, environment: str) -> Path:
        given = self._root / CAMERAS / f"{environment}.json"
        return given if given.is_file() else self._output / CAMERAS / f"{environment}.json"

    def _collect(self, step: str) -> None:
        """Bring what units have made to where AIST++'s loader looks for it."""
        places: Sequence[tuple[str, str, str]] = {
            KEYPOINTS2D: [(KEYPOINTS_FILE, KEYPOINTS2D, ".pkl")],
            CAMERAS: [(CAMERAS_FILE, CAMERAS, ".json")],
            MOTIONS: [(KEYPOINTS3D_FILE, KEYPOINTS3D, ".pkl"), (MOTION_FILE, MOTIONS, ".pkl")],
        }[step]
        for record in sorted((self._output / UNITS / step).glob(f"*/{RECORD}")):
            for name, folder, suffix in places:
                target = self._output / folder / f"{record.parent.name}{suffix}"
                _take_over(record.with_name(name), target)
        for name, path in self._given.items() if step == KEYPOINTS2D else ():
            _take_over(path, self._output / KEYPOINTS2D / f"{name}.pkl")
        if step == CAMERAS:
            lines = []
            for environment, names in self._environments.items():
                given = self._root / CAMERAS / f"{environment}.json"
                if given.is_file():
                    _take_over(given, self._output / CAMERAS / given.name)
                lines += [f"{name} {environment}\n" for name in names]
            write_text(self._output / CAMERAS / MAPPING, "".join(sorted(lines)))


def _take_over(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where a file can have only one."""
    if not source.is_file() or (target.is_file() and content_of(target) == content_of(source)):
        return
    with replacing(target) as beside:
        try:
            os.link(source, beside)
        except OSError:
            shutil.copyfile(source, beside)
