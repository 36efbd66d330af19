"""The command ``python -m workflows.calibrate``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path

from workflows.calibrate.options import in_options
from workflows.command import program, run_command

WORLDS = ("first-camera", "board-first", "board-last")


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.calibrate``."""
    parser = argparse.ArgumentParser(
        prog=program("calibrate"),
        description="Calibrate cameras by videos of a ChArUco board or a checkerboard: their "
        "lenses, and where they stand. The result is for --cameras of the motion command.",
    )
    parser.add_argument(
        "videos",
        type=Path,
        nargs="+",
        metavar="VIDEOS",
        help="a folder with a video a camera, which begin together; or the videos; or folders of "
        "pictures, one a camera, where pictures of one name are of one moment",
    )
    parser.add_argument(
        "--board",
        required=True,
        metavar="BOARD",
        help="charuco:7x5:40mm:30mm:4x4_50 (squares, columns first; their side; the markers' "
        "side; the dictionary, 4x4_50 if left out) or checkerboard:10x7:25mm (squares, not the "
        "corners between them; their side)",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for the results; it is made"
    )
    parser.add_argument(
        "--world",
        choices=WORLDS,
        default=WORLDS[0],
        help="whose the world's origin and axes are: the first camera's, or the board's as it lies "
        "on the floor when it is first or last seen, z up",
    )
    parser.add_argument(
        "--stride",
        type=int,
        default=0,
        metavar="FRAMES",
        help="look at every so many-th frame; 0: at about 250 of each video",
    )
    parser.add_argument(
        "--lenses",
        type=Path,
        metavar="FILE",
        help="a calibration whose lenses are right: only where the cameras stand is found",
    )
    parser.add_argument(
        "--units", choices=("m", "cm", "mm"), default="m", help="of the cameras' world"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no table")
    given = parser.parse_args(arguments)
    if given.stride < 0:
        parser.error(f"--stride {given.stride} is below 0")
    return given


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the process's exit code."""
    given = parse_arguments(arguments)

    def work() -> None:
        # Late, so that --help does not wait for SciPy and OpenCV.
        from workflows.calibrate.run import run_calibration

        try:
            run_calibration(
                given.videos,
                given.board,
                given.output,
                world=given.world.replace("-", "_"),
                stride=given.stride,
                lenses=given.lenses,
                unit=given.units,
                quiet=given.quiet,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise RuntimeError(in_options(str(error))) from error

    return run_command(work)
