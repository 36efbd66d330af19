"""Run the two passes of the matting chain over a video and write what a compositor needs."""

from __future__ import annotations

from plugin_kit.files import prepare_folder
from plugin_kit.picture_files import read_picture
from plugin_kit.video import VideoInfo
from workflows.matting.background import open_background
from workflows.matting.graph import MATTING, matting_workflow
from workflows.matting.job import VideoJob
from workflows.matting.masks import choose_finder, load_network
from workflows.matting.matte import matte_video
from workflows.matting.options import ChainOptions, check_options
from workflows.matting.plate import find_plate
from workflows.matting.report import ChainReport

GREEN = "#78FF9B"
# Frames are handed over one by one, and each may wait for the next.
STABILISE = {"sequence": "stream", "timing": "delayed"}


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
    backdrop = None
    if not options.carries_alpha:
        backdrop = open_background(options.background or GREEN, info.width, info.height)
    plate = read_picture(options.plate) if options.plate else None
    prepare_folder(options.output)
    report = ChainReport(str(options.video), size=(info.width, info.height))
    finder = choose_finder(options, report) if plate is None else None
    workflow = matting_workflow(
        new_background=backdrop is not None,
        matting=options.matting,
        stabilise=STABILISE if options.stabilise else None,
    )
    with report.timed("load networks"):
        load_network(workflow, MATTING)
    report.weights, report.stabilised = options.weights, options.stabilise
    job = VideoJob(options, info, report)
    if plate is None:
        plate = find_plate(job, finder)
    else:
        report.plate = {"source": str(options.plate)}
        report.matte_reason = "the plate was given"
    job.write_picture("plate", plate)
    matte_video(job, workflow, plate, backdrop=backdrop)
    report.write(options.output)
    if not options.quiet:
        report.show(f"{report.frames} frames of {info.width}x{info.height}")
    return report
