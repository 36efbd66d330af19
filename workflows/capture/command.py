"""The command ``python -m workflows.capture``: its options and what they start."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workflows.capture.options import MATTES, CaptureOptions
from workflows.command import program, run_command


def parse_arguments(arguments: list[str] | None = None) -> CaptureOptions:
    """Parse the command line of ``python -m workflows.capture``."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # argparse would take the first of the motion's options for one of its own.
    place = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog=program("capture"),
        description="Make an EasyVolcap root of synchronous videos: images/, mask/, bkgd/, "
        "intri.yml and extri.yml, and everybody's keypoints and motion. Cameras that are finished "
        "are kept; one that cannot be read costs itself alone.",
        epilog=f"What stands after -- goes to {program('motion')}, such as -- --person all.",
    )
    parser.add_argument(
        "videos", type=Path, nargs="+", metavar="VIDEOS", help="a folder, or a video a camera"
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="ROOT",
        help="the root to make, or to go on with",
    )
    parser.add_argument(
        "--cameras", type=Path, metavar="FILE", help="calibration; else by the people"
    )
    parser.add_argument(
        "--matte",
        choices=MATTES,
        default="auto",
        help="whose masks: Robust Video Matting's, or infer_people's (auto: RVM's where its "
        "weights are to be had)",
    )
    parser.add_argument(
        "--rvm-weights", type=Path, metavar="FILE", help="a checkpoint of Robust Video Matting"
    )
    parser.add_argument(
        "--input-size",
        type=int,
        default=512,
        metavar="PIXELS",
        help="long side that the detector of people sees; 768: smaller people",
    )
    parser.add_argument(
        "--max-people", type=int, default=10, metavar="N", help="in a frame, at most"
    )
    parser.add_argument(
        "--jpeg-quality", type=int, default=95, metavar="N", help="of images/, 1 to 100"
    )
    parser.add_argument(
        "--no-motion", dest="has_motion", action="store_false", help="pictures and masks alone"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no tables")
    given = vars(parser.parse_args(arguments[:place]))
    given["videos"] = tuple(given["videos"])
    return CaptureOptions(**given, motion=tuple(arguments[place + 1 :]))


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the process's exit code: 1 where something is missing."""
    options = parse_arguments(arguments)
    is_whole = True

    def work() -> None:
        nonlocal is_whole
        # Late, so that --help does not wait for the networks' runtimes.
        from workflows.capture.run import run_capture
        from workflows.plugins import quiet_ikomia

        quiet_ikomia()
        is_whole = not run_capture(options).failures

    return run_command(work) or int(not is_whole)
