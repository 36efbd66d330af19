"""Run the two passes of the matting chain over a video and write what a compositor needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from infer_background_matting.bgm_network.scene import compare_scene
from workflows.matting import matting_workflow
from workflows.matting_shots import PlainShots, Shot, Shots, StableShots
from workflows.new_background import NewBackground, open_background, read_picture
from workflows.plate_masks import FirstPass, first_pass
from workflows.prefetch import prefetch
from workflows.video_reader import Frame, VideoInfo, VideoReader
from workflows.video_writer import CODECS, DEFAULT_CRF, VideoSink

GREEN = "#78FF9B"
# Frames are handed over one by one, and each may wait for the next.
STABLE = {"sequence": "stream", "timing": "delayed"}
MASK_TASKS = {
    "rvm": ("infer_rvm",),
    "parsing": ("infer_human_parsing",),
    "rvm+parsing": ("infer_rvm", "infer_human_parsing"),
    "none": (),
}


@dataclass(frozen=True)
class ChainOptions:
    """What ``python -m workflows.matting`` was told; see its ``--help``."""

    video: Path
    output: Path
    background: str | None = None
    matte: str = "auto"
    rvm_weights: Path | None = None
    parsing_weights: Path | None = None
    parsing_boxes: str = "maskrcnn"
    stabilise: bool = False
    plate: Path | None = None
    weights: str = "official"
    backbone: str | None = None
    codec: str = "h264"
    crf: int = DEFAULT_CRF
    device: str = "auto"
    quiet: bool = False


@dataclass
class ChainReport:
    """What was done, how long it took and what to know about the result."""

    video: str
    size: tuple[int, int]
    frames: int = 0
    matte: str = "none"
    matte_reason: str = ""
    weights: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    plate: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            passed = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + passed

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def run_chain(options: ChainOptions) -> ChainReport:
    """Find the plate of ``options.video``, matte it and write all outputs.

    Everything that can be checked is checked before the first frame is processed. Each output
    appears under its name only when it is complete.

    Raises:
        FileNotFoundError, ValueError: An input is missing or unusable; the text names it.
        RuntimeError: Weights cannot be had, or a task failed.
        OSError: An output cannot be written.
    """
    info = VideoInfo.from_path(options.video)
    backdrop = _backdrop(options, info)
    plate = read_picture(options.plate) if options.plate else None
    _prepare_folder(options.output)
    report = ChainReport(str(options.video), (info.width, info.height))
    second_pass = matting_workflow(
        new_background=backdrop is not None,
        matting=_matting_parameters(options),
        stabilise=STABLE if options.stabilise else None,
    )
    with report.timed("load networks"):
        _load(second_pass, "infer_background_matting")
    report.weights = options.weights
    if plate is None:
        plate = _plate_pass(options, info, report)
    else:
        report.plate = {"source": str(options.plate)}
        report.matte_reason = "the plate was given"
    _write_picture(options.output / "plate.png", plate, report)
    _matting_pass(options, info, second_pass, plate, backdrop, report)
    _write_report(options.output / "report.json", report)
    if not options.quiet:
        _print_table(report)
    return report


def _backdrop(options: ChainOptions, info: VideoInfo) -> NewBackground | None:
    carries_alpha = CODECS[options.codec].alpha is not None
    if options.background is None and carries_alpha:
        return None
    return open_background(options.background or GREEN, info.width, info.height)


def _prepare_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(f"the output folder {folder} cannot be written: {error}") from error


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


def _load(workflow: Any, task_name: str) -> None:
    try:
        workflow.find_task(task_name, 0).init_long_process()
    except Exception as error:
        raise RuntimeError(f"{task_name}: {error}") from error


def _plate_pass(options: ChainOptions, info: VideoInfo, report: ChainReport) -> np.ndarray:
    plate_pass = _first_pass(options, report)
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
    match = compare_scene(last, extract.get_output(0).get_image())
    if not match.is_same_scene:
        report.warn(
            f"The plate does not look like the video: {match}. The camera seems to move; "
            "background matting needs a fixed one. Use infer_rvm's own alpha for this video."
        )
    _write_picture(options.output / "coverage.png", extract.get_output(1).get_image(), report)
    return extract.get_output(0).get_image().copy()


def _first_pass(options: ChainOptions, report: ChainReport) -> FirstPass:
    rvm: dict[str, object] = {"sequence": "stream", "device": options.device}
    if options.rvm_weights:
        rvm["model_weight_file"] = options.rvm_weights
    parsing = {
        "boxes": options.parsing_boxes,
        # A frame without people must not be parsed as if one filled it.
        "without_boxes": "whole" if options.parsing_boxes == "whole" else "empty",
        "device": options.device,
        "model_weight_file": options.parsing_weights or "",
    }
    matte = "rvm" if options.matte == "auto" else options.matte
    chosen = first_pass(matte, rvm, parsing)
    report.matte, report.matte_reason = matte, "it was asked for"
    try:
        with report.timed("load networks"):
            for name in MASK_TASKS[matte]:
                _load(chosen.masks or chosen.plate, name)
    except RuntimeError as error:
        if options.matte != "auto" or options.rvm_weights:
            raise
        report.matte, report.matte_reason = "none", "RVM's weights are not to be had"
        report.warn(f"The plate is made without a matte: {error}")
        return first_pass("none", {}, {})
    if options.matte == "auto":
        report.matte_reason = "RVM's weights were found"
    return chosen


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
    columns = (
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=options.quiet, console=Console(stderr=True)) as progress:
        bar = progress.add_task(label, total=reader.info.frame_count or None)
        for frame in prefetch(reader):
            yield frame
            progress.advance(bar)
        progress.update(bar, total=reader.frames_read)


def _write_picture(path: Path, image: np.ndarray, report: ChainReport) -> None:
    swapped = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, encoded = cv2.imencode(".png", swapped)
    if not done:
        raise RuntimeError(f"{path} could not be encoded as PNG")
    _write_whole(path, lambda part: part.write_bytes(encoded.tobytes()))
    report.files[path.stem] = path.name


def _write_report(path: Path, report: ChainReport) -> None:
    report.files["report"] = path.name
    content = json.dumps(vars(report), indent=2, default=str)
    _write_whole(path, lambda part: part.write_text(content + "\n", encoding="utf-8"))


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _print_table(report: ChainReport) -> None:
    console = Console()
    table = Table(title=f"{report.frames} frames of {report.size[0]}x{report.size[1]}")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("ms a frame", justify="right")
    for name, seconds in report.seconds.items():
        table.add_row(name, f"{seconds:.2f}", f"{1000 * seconds / max(1, report.frames):.0f}")
    console.print(table)
    console.print(f"matte for the plate: {report.matte} ({report.matte_reason})")
    for name, file in report.files.items():
        console.print(f"  {name:<11} {file}")
    for warning in report.warnings:
        console.print(f"[yellow]warning:[/] {warning}")
