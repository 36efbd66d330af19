"""Run the two passes of the matting chain over a video and write what a compositor needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from plugin_kit.picture_files import read_picture
from plugin_kit.pictures import to_uint8
from workflows.matting.background import NewBackground, open_background
from workflows.matting.job import VideoJob
from workflows.matting.making import choose_maker
from workflows.matting.matte import matte_video
from workflows.matting.method import METHODS
from workflows.matting.options import VIDEO_OUTPUTS, ChainOptions, check_options
from workflows.matting.preview import SHEET, PreviewJob
from workflows.matting.progress import waiting
from workflows.matting.report import ChainReport
from workflows.matting.resume import made_by
from workflows.matting.weights import with_weights
from workflows.media.codecs import CODECS
from workflows.media.sound import Sound
from workflows.media.source import Source, source_info
from workflows.output_folder import (
    REPORT,
    held_folder,
    refuse_to_replace_foreign,
    refuse_to_replace_inputs,
    staged_outputs,
)

GREEN = "#78FF9B"
PLATE_FILE = "plate.png"


def preview_chain(options: ChainOptions) -> ChainReport:
    """Work on a few moments of ``options.video`` alone, and write ``preview.png``: how it looks.

    Raises:
        As run_chain.
    """
    return run_chain(options, PreviewJob)


def run_chain(options: ChainOptions, kind: type[VideoJob] = VideoJob) -> ChainReport:
    """Find the plate of ``options.video``, matte it and write all outputs.

    Everything that can be checked is checked before the first frame is processed. Each output
    appears under its name only when it is complete.

    Args:
        options: What to do.
        kind: What is read and written: all of it, or a preview.

    Raises:
        FileNotFoundError, ValueError: An input is missing or unusable; the text names it.
        RuntimeError: Weights cannot be had, or a task failed.
        OSError: An output cannot be written.
    """
    check_options(options)
    info = source_info(options.video, options.selection)
    backdrop = None
    if not options.carries_alpha:
        backdrop = open_background(options.background or GREEN, info)
    plate = read_picture(options.plate) if options.plate else None
    if plate is not None and plate.shape[1::-1] == (info.stored.width, info.stored.height):
        plate = info.fitted(plate)
    suffix = CODECS[options.codec].suffix
    sound = _sound(options, info, suffix)
    _check_outputs(options, suffix)
    report = ChainReport(str(options.video), size=(info.width, info.height))
    report.made_by = made_by(options)
    for warning in sound.warnings if sound else ():
        report.warn(warning)
    if not suffix and info.pixel_aspect != 1:
        report.warn(
            f"{info.path}: its pixels are {info.pixel_aspect} times as wide as high, which PNG "
            "pictures do not say"
        )
    if METHODS[options.method].plate != "none":
        with waiting("weights", options.quiet):
            options = with_weights(options, report)
    with held_folder(options.output), staged_outputs(options.output) as staging:
        job = kind(options, info, report, staging, sound)
        _work(job, plate, backdrop)
    if not options.quiet:
        report.show(f"{report.frames} frames of {info.width}x{info.height}")
    return report


def _sound(options: ChainOptions, info: Source, suffix: str) -> Sound | None:
    """What goes along with the composite, if that is written and can hold sound."""
    if not info.audio_streams or not suffix or "composite" not in options.outputs:
        return None
    return Sound.of(info.path, suffix, info.start, info.seconds)


def _check_outputs(options: ChainOptions, suffix: str) -> None:
    """Refuse to replace what is not this command's to replace."""
    wanted = [name for name in VIDEO_OUTPUTS if name in options.outputs]
    videos = [options.output / f"{name}{suffix}" for name in wanted]
    pictures = [options.output / name for name in ("coverage.png", f"{SHEET}.png", REPORT)]
    inputs = {
        "the video": options.video,
        "--background": options.background,
        "--alpha": options.alpha,
        "--weights": options.weights,
        "--rvm-weights": options.rvm_weights,
        "--parsing-weights": options.parsing_weights,
        "--parsing-boxes": options.parsing_boxes,
    }
    files = {option: Path(text) for option, text in inputs.items() if text}
    plate = options.output / PLATE_FILE
    refuse_to_replace_inputs({**files, "--plate": options.plate}, [*videos, *pictures])
    refuse_to_replace_inputs(files, [plate])
    refuse_to_replace_foreign(videos, folders=not suffix)
    refuse_to_replace_foreign([*pictures, plate], folders=False)


def _work(job: VideoJob, plate: np.ndarray | None, backdrop: NewBackground | None) -> None:
    with waiting("networks", job.options.quiet):
        maker = choose_maker(job, plate)
    try:
        alphas, made = maker.alphas()
        if made is not None:
            plate = made.background
            job.write_picture("coverage", to_uint8(made.coverage))
        given = options_plate(job.options)
        if plate is not None and given != (job.options.output / PLATE_FILE).absolute():
            job.write_picture("plate", plate)
        matte_video(job, alphas, backdrop=backdrop)
        job.report.alpha |= alphas.report()
        maker.tell()
    finally:
        maker.close()
    job.report.conclude()
    job.finish()


def options_plate(options: ChainOptions) -> Path | None:
    """Where the plate lies that was given."""
    return options.plate.absolute() if options.plate else None
