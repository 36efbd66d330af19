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
from workflows.matting.options import ChainOptions, check_options
from workflows.matting.report import ChainReport
from workflows.media.codecs import CODECS
from workflows.media.sound import Sound
from workflows.media.source import source_info
from workflows.output_folder import (
    REPORT,
    held_folder,
    refuse_to_replace_foreign,
    refuse_to_replace_inputs,
    staged_outputs,
)

GREEN = "#78FF9B"
PLATE_FILE = "plate.png"


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
    info = source_info(options.video)
    backdrop = None
    if not options.carries_alpha:
        backdrop = open_background(options.background or GREEN, info)
    plate = read_picture(options.plate) if options.plate else None
    suffix = CODECS[options.codec].suffix
    sound = Sound.of(info.path, suffix, info.start) if info.audio_streams and suffix else None
    _check_outputs(options, suffix)
    report = ChainReport(str(options.video), size=(info.width, info.height))
    for warning in sound.warnings if sound else ():
        report.warn(warning)
    if not suffix and info.pixel_aspect != 1:
        report.warn(
            f"{info.path}: its pixels are {info.pixel_aspect} times as wide as high, which PNG "
            "pictures do not say"
        )
    with held_folder(options.output), staged_outputs(options.output) as staging:
        job = VideoJob(options, info, report, staging, sound)
        _work(job, plate, backdrop)
    if not options.quiet:
        report.show(f"{report.frames} frames of {info.width}x{info.height}")
    return report


def _check_outputs(options: ChainOptions, suffix: str) -> None:
    """Refuse to replace what is not this command's to replace."""
    videos = [options.output / f"{name}{suffix}" for name in ("composite", "alpha", "foreground")]
    pictures = [options.output / name for name in ("coverage.png", REPORT)]
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
    finally:
        maker.close()
    job.report.conclude()
    job.report.write(job.folder)


def options_plate(options: ChainOptions) -> Path | None:
    """Where the plate lies that was given."""
    return options.plate.absolute() if options.plate else None
