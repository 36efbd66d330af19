"""Masks of people and the plate for every camera of an EasyVolcap root.

``images/<camera>/<frame>.*`` go in. Out come ``mask/<camera>/<frame>.png``, with human parsing
``schp/<camera>/<frame>.png`` in the colours of its parts, and ``bkgd/<camera>.png``, the plate as
RGBA whose alpha says where it was seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from extract_background.ports import Input, Output
from infer_human_parsing.human_parsing_pipeline import coloured
from plugin_kit.easyvolcap import COLOURS, MASKS, PLATES, FramePaths, easyvolcap_frames
from plugin_kit.files import load_json
from plugin_kit.picture_files import read_picture, write_picture
from workflows.interruption import note
from workflows.matting.graph import PLATE, plate_workflow
from workflows.matting.masks import PeopleFinder, choose_finder
from workflows.matting.options import ChainOptions, check_camera_options
from workflows.matting.report import CamerasReport
from workflows.output_folder import REPORT, held_folder
from workflows.plugins import run_workflow, task_of
from workflows.screen import counting_bar


def run_cameras(options: ChainOptions) -> CamerasReport:
    """Write the masks and the plate of every camera of the EasyVolcap root ``options.video``.

    Everything goes below ``options.output``, which may be the root itself. A camera whose masks
    ``report.json`` there says to be made in the same way is passed over, so that a batch which was
    broken off goes on. Without a matte, masks that the root has already are taken.

    Raises:
        FileNotFoundError, ValueError: An input is missing or unusable; the text names it.
        RuntimeError: Weights cannot be had, or a task failed.
        OSError: An output cannot be written.
    """
    check_camera_options(options)
    cameras: dict[str, list[FramePaths]] = {}
    for frame in easyvolcap_frames(options.video, options.output):
        cameras.setdefault(frame.camera, []).append(frame)
    with held_folder(options.output):
        try:
            return _run(options, cameras)
        except BaseException:
            note(f"Kept in {options.output}: the masks and plates that were finished.")
            raise


def _run(options: ChainOptions, cameras: dict[str, list[FramePaths]]) -> CamerasReport:
    report = CamerasReport(str(options.video), frames=sum(map(len, cameras.values())))
    finder = choose_finder(options, report)
    _check_outputs(options.output, cameras, makes_masks=finder is not None)
    if finder is not None:
        report.cameras = _known_cameras(options.output)
        report.write(options.output)
        with report.timed("masks"), counting_bar(options.quiet) as progress:
            for camera, frames in cameras.items():
                _mask_camera(camera, frames, finder, report=report, progress=progress)
                report.write(options.output)
    report.cameras = {camera: report.cameras.get(camera, {}) for camera in cameras}
    with report.timed("plates"):
        _make_plates(options, report)
    report.write(options.output)
    if not options.quiet:
        report.show(f"{report.frames} frames of {len(cameras)} cameras")
    return report


def _check_outputs(
    output: Path, cameras: dict[str, list[FramePaths]], *, makes_masks: bool
) -> None:
    """Refuse to replace masks and plates that no run of this command made.

    Raises:
        ValueError: The text names the first.
    """
    if (output / REPORT).is_file():
        return
    for camera, frames in cameras.items():
        made = [frame.mask for frame in frames] if makes_masks else []
        for path in (output / PLATES / f"{camera}.png", *made):
            if path.exists():
                raise ValueError(
                    f"{path} is there already and was not made by this command: name another "
                    "--output, remove it, or take masks that are there with --matte none"
                )


def _known_cameras(output: Path) -> dict[str, dict[str, Any]]:
    path = output / REPORT
    if not path.is_file():
        return {}
    try:
        return load_json(path).get("cameras", {})
    except (AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no report of this command, remove it: {error}") from error


def _mask_camera(
    camera: str,
    frames: list[FramePaths],
    finder: PeopleFinder,
    *,
    report: CamerasReport,
    progress: Progress,
) -> None:
    """Write the masks of one camera, unless ``report`` knows them to be made already."""
    made_by = {"matte": report.matte, **finder.settings}
    known = report.cameras.pop(camera, {})
    bar = progress.add_task(camera, total=len(frames))
    parses = "parsing" in report.matte
    is_done = all(f.is_done if parses else f.mask.is_file() for f in frames)
    if is_done and known.get("made_by") == made_by:
        report.cameras[camera] = known
        progress.update(bar, completed=len(frames))
        return
    finder.begin_sequence()
    empty = 0
    for frame in frames:
        people = finder.find(read_picture(frame.image))
        write_picture(frame.mask, people.mask)
        if people.labels is not None:
            write_picture(frame.colours, coloured(people.labels))
        empty += people.is_empty
        progress.advance(bar)
    if empty == len(frames):
        report.warn(f"camera {camera}: the masks ({report.matte}) show nobody in any frame")
    report.cameras[camera] = {"made_by": made_by, "frames": len(frames), "empty_masks": empty}


def _make_plates(options: ChainOptions, report: CamerasReport) -> None:
    parameters = {
        "easyvolcap_root": options.video,
        "plates_folder": options.output / PLATES,
        "masks_folder": options.output / MASKS if report.matte != "none" else "",
    }
    workflow = plate_workflow(matte=False, plate=parameters)
    # The task reads the root; a picture only lets the workflow begin.
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=Input.FRAMES)
    run_workflow(workflow)
    made = task_of(workflow, PLATE).get_output(Output.REPORT).data
    for camera, plate in made["cameras"].items():
        report.cameras[camera]["plate"] = plate
        for warning in plate.get("warnings", []):
            report.warn(f"camera {camera}: {warning}")
    report.files["plates"] = f"{PLATES}/"
    if report.matte == "none":
        if any(entry["plate"]["mattes_used"] for entry in report.cameras.values()):
            report.matte_reason += ", but masks that the root has were taken"
    else:
        report.files["masks"] = f"{MASKS}/"
    if "parsing" in report.matte:
        report.files["parts"] = f"{COLOURS}/"
