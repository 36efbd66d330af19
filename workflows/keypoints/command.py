"""The command ``python -m workflows.keypoints``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path

from infer_people.people_finding.options import BACKENDS, SKELETONS, FinderOptions
from workflows.command import program, run_command
from workflows.wording import reworded

MASKS = ("none", "video", "png")
WORDS = (
    (r"\bvideos_path\b", "VIDEO|FOLDER"),
    (r"\b(input_size|max_people)\b", lambda found: "--" + found[0].replace("_", "-")),
    (r"\boutput_folder\b", "--output"),
    (r"^device=", "--device "),
    (r"^(person|backend|skeleton)\b", r"--\1"),
)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.keypoints``."""
    usual = FinderOptions()
    parser = argparse.ArgumentParser(
        prog=program("keypoints"),
        description="Find everybody in a video, or in the videos of several cameras: 2D keypoints, "
        "identities, masks. Videos that are finished are kept.",
    )
    parser.add_argument(
        "video",
        type=Path,
        nargs="+",
        metavar="VIDEO|FOLDER",
        help="a video, or a folder with a video a camera",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="for the results; finished videos in it are kept",
    )
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default=usual.backend,
        help="who finds people: infer_people's networks, RTMPose or RTMO, or an installed OpenPose",
    )
    parser.add_argument(
        "--skeleton", choices=SKELETONS, default=usual.skeleton, help="which keypoints come out"
    )
    parser.add_argument(
        "--person", default=usual.person, metavar="TEXT", help="all, largest, N or x,y[,frame]"
    )
    parser.add_argument(
        "--max-people", type=int, default=usual.max_people, metavar="N", help="in a frame, at most"
    )
    parser.add_argument(
        "--input-size", type=int, default=usual.input_size, metavar="PIXELS", help="768: small ones"
    )
    parser.add_argument("--flip", action="store_true", help="a mirrored second look")
    parser.add_argument("--masks", choices=MASKS, default="none", help="whose pixels are whose")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no tables")
    return parser.parse_args(arguments)


def in_options(text: str) -> str:
    """A message of the engine in the words of the command.

    Example:
        >>> in_options("input_size 8 is outside of 128 to 2048 pixels")
        '--input-size 8 is outside of 128 to 2048 pixels'
    """
    return reworded(text, WORDS)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the process's exit code."""
    given = parse_arguments(arguments)

    def work() -> None:
        # Late, so that --help does not wait for the networks' runtime.
        from workflows.keypoints.run import run_keypoints

        own = ("video", "output", "masks", "quiet")
        finder = {key: value for key, value in vars(given).items() if key not in own}
        try:
            options = FinderOptions(**finder, masks=given.masks != "none")
            run_keypoints(given.video, given.output, options, masks=given.masks, quiet=given.quiet)
        except (OSError, ValueError) as error:
            raise ValueError(in_options(str(error))) from error

    return run_command(work)
