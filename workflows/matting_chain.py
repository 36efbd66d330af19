"""Run the two passes of the matting chain over a video and write what a compositor needs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from infer_background_matting.bgm_network.scene import compare_scene
from workflows.matting import matting_workflow
from workflows.matting_options import ChainOptions, check_options
from workflows.matting_report import ChainReport, progress_bar
from workflows.matting_shots import PlainShots, Shot, Shots, StableShots
from workflows.new_background import NewBackground, open_background, read_picture
from workflows.output_files import prepare_folder, write_picture
from workflows.plate_masks import PeopleMasks, PlatePass, chosen_masks, load_network
from workflows.prefetch import prefetch
from workflows.video_reader import Frame, VideoInfo, VideoReader
from workflows.video_writer import CODECS, VideoSink

logger = logging.getLogger(__name__)

GREEN = "#78FF9B"
# Frames are handed over one by one, and each may wait for the next.
STABLE = {"sequence": "stream", "timing": "delayed"}


def run_chain(options: ChainOptions) -> ChainReport:
    """Find the plate of ``options.video``, matte it and write all outputs.

    Everything that can be checked is checked before the first frame is processed. Each output
    appears under its name only when it is complete.

    Raises:
        FileNotFoundError, ValueError: An input is missing or unusable; the text names it.
        RuntimeError: Weights cannot be had, or a task failed.
        OSError: An output cannot be written.
    """
    check_options(options)
    info = VideoInfo.from_path(options.video)
    backdrop = _backdrop(options, info)
    plate = read_picture(options.plate) if options.plate else None
    matting = _matting_parameters(options)
    prepare_folder(options.output)
    report = ChainReport(str(options.video), size=(info.width, info.height))
    masks = chosen_masks(options, report) if plate is None else None
    second_pass = matting_workflow(
        new_background=backdrop is not None,
        matting=matting,
        stabilise=STABLE if options.stabilise else None,
    )
    with report.timed("load networks"):
        load_network(second_pass, "infer_background_matting")
    report.weights, report.stabilised = options.weights, options.stabilise
    if plate is None:
        plate = _plate_pass(options, info, masks, report)
    else:
        report.plate = {"source": str(options.plate)}
        report.matte_reason = "the plate was given"
    _write_picture(options, report, "plate", plate)
    _matting_pass(options, info, second_pass, plate, backdrop, report)
    report.write(options.output)
    if not options.quiet:
        report.show(f"{report.frames} frames of {info.width}x{info.height}")
    return report


def _backdrop(options: ChainOptions, info: VideoInfo) -> NewBackground | None:
    if options.carries_alpha:
        return None
    return open_background(options.background or GREEN, info.width, info.height)


def _matting_parameters(options: ChainOptions) -> dict[str, object]:
    parameters: dict[str, object] = {"cuda": "cpu" if options.device == "cpu" else "cuda"}
    if options.weights in ("official", "builtin"):
        parameters["weights"] = options.weights
    else:
        if not Path(options.weights).is_file():
            raise FileNotFoundError(
                f"--weights {options.weights!r} is neither official, builtin nor an existing file"
            )
        parameters["model_weight_file"] = options.weights
    if options.backbone:
        parameters["model_backbone"] = options.backbone
    # A plate that was given is checked by the task; one made here is checked in _plate_pass.
    parameters["background_check"] = "refuse" if options.plate else "off"
    return parameters


def _plate_pass(
    options: ChainOptions, info: VideoInfo, masks: PeopleMasks | None, report: ChainReport
) -> np.ndarray:
    plate_pass = PlatePass(masks)
    extract = plate_pass.extract
    reader = VideoReader(info)
    last: np.ndarray | None = None
    with report.timed("pass 1: plate"):
        for frame in _with_progress("plate", reader, options):
            plate_pass.run(frame.image)
            last = frame.image
        with report.timed("of it estimation"):
            extract.finish()
    report.warnings.extend(w for w in reader.warnings if w not in report.warnings)
    report.plate = dict(extract.get_output(3).data)
    for warning in report.plate.get("warnings", []):
        report.warn(warning)
    report.empty_masks = plate_pass.empty_masks
    if report.empty_masks == reader.frames_read:
        report.warn(f"The masks ({report.matte}) show nobody in any frame; try another --matte")
    match = compare_scene(last, extract.get_output(0).get_image())
    if not match.is_same_scene:
        text = (
            f"The plate does not look like the video: {match}. The camera seems to move; "
            "background matting needs a fixed one. Use infer_rvm's own alpha for this video."
        )
        logger.warning(text)
        report.warn(text)
    _write_picture(options, report, "coverage", extract.get_output(1).get_image())
    return extract.get_output(0).get_image().copy()


def _matting_pass(
    options: ChainOptions,
    info: VideoInfo,
    workflow: Any,
    plate: np.ndarray,
    backdrop: NewBackground | None,
    report: ChainReport,
) -> None:
    shots = _shots(workflow, options)
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=0)
    workflow.set_image_input(array=plate, index=1)
    kinds = {"composite": 3 if backdrop else 4, "alpha": 1, "foreground": 3}
    reader = VideoReader(info)
    with report.timed("pass 2: matting"), ExitStack() as stack:
        sinks = {
            name: stack.enter_context(_sink(options, info, name, channels))
            for name, channels in kinds.items()
        }
        first_pts: int | None = None
        shown = None
        for frame in _with_progress("matting", reader, options):
            first_pts = frame.pts if first_pts is None else first_pts
            if backdrop is not None:
                behind = backdrop.at(float((frame.pts - first_pts) * info.time_base))
                if behind is not shown:
                    workflow.set_image_input(array=behind, index=2)
                    shown = behind
            workflow.set_image_input(array=frame.image, index=0)
            with report.timed("of it network task"):
                workflow.run()
            with report.timed("of it waiting for encoders"):
                _write(sinks, shots.after_run(frame.pts, shown))
        _write(sinks, shots.finish())
    report.frames = reader.frames_read
    report.warnings.extend(w for w in reader.warnings if w not in report.warnings)
    report.files.update({name: sink.path.name for name, sink in sinks.items()})


def _shots(workflow: Any, options: ChainOptions) -> Shots:
    matting = workflow.find_task("infer_background_matting", 0)
    if not options.stabilise:
        return PlainShots(matting)
    return StableShots(matting, workflow.find_task("infer_flow_matting", 0))


def _write(sinks: dict[str, VideoSink], shots: list[Shot]) -> None:
    for shot in shots:
        for name, sink in sinks.items():
            sink.write(getattr(shot, name), shot.pts)


def _sink(options: ChainOptions, info: VideoInfo, name: str, channels: int) -> VideoSink:
    return VideoSink(
        options.output / f"{name}{CODECS[options.codec].suffix}",
        info.width,
        info.height,
        info.rate,
        info.time_base,
        codec=options.codec,
        channels=channels,
        crf=options.crf,
        audio_from=info.path if info.audio_streams and name == "composite" else None,
    )


def _with_progress(label: str, reader: VideoReader, options: ChainOptions) -> Iterator[Frame]:
    with progress_bar(options.quiet) as progress:
        bar = progress.add_task(label, total=reader.info.frame_count or None)
        for frame in prefetch(reader):
            yield frame
            progress.advance(bar)
        progress.update(bar, total=reader.frames_read)


def _write_picture(
    options: ChainOptions, report: ChainReport, name: str, image: np.ndarray
) -> None:
    write_picture(options.output / f"{name}.png", image)
    report.files[name] = f"{name}.png"
