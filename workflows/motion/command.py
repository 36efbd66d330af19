"""The command ``python -m workflows.motion``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path

from plugin_kit.keypoints.skeletons import DETECTED
from workflows.command import program, run_command
from workflows.motion.graph import FIT, PEOPLE, TRIANGULATION
from workflows.motion.marker_names import OWN, VOCABULARIES
from workflows.motion.options import MotionOptions, in_options, parsed_parameters
from workflows.plugins import quiet_ikomia

# Options that are parameters of a task by the same name.
PEOPLE_OPTIONS = ("backend", "input_size", "max_people")
TRIANGULATION_OPTIONS = (
    "skeleton",
    "mode",
    "person",
    "fps",
    "units",
    "scale",
    "sync",
    "max_offset",
    "min_confidence",
    "engine",
    "objective",
    "smooth",
    "allow_pickle",
)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.motion``."""
    parser = argparse.ArgumentParser(
        prog=program("motion"),
        description="Turn videos of several cameras, or 2D keypoints of them, into 3D keypoints "
        "and body motion.",
    )
    _add_inputs(parser)
    _add_search(parser)
    _add_reconstruction(parser)
    _add_body(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TASK.NAME=VALUE",
        dest="parameters",
        help=f"any parameter of {PEOPLE}, {TRIANGULATION} or {FIT}, as their READMEs list them; "
        "may be given again",
    )
    parser.add_argument(
        "--no-preview",
        dest="has_preview",
        action="store_false",
        help="neither preview.mp4 nor motion.html, which take most of the time of long takes",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for the results; it is made"
    )
    given = parser.parse_args(arguments)
    if given.up != "keep" and given.up_axis != "auto":
        parser.error(f"--up {given.up} turns the world, so that --up-axis has nothing to tell")
    _check_inputs(parser, given)
    try:
        given.parameters = parsed_parameters(given.parameters)
    except ValueError as error:
        parser.error(str(error))
    return given


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "videos",
        type=Path,
        nargs="*",
        metavar="VIDEOS",
        help="a folder with a video a camera, or the videos; people are looked for in them",
    )
    parser.add_argument(
        "--keypoints",
        type=Path,
        metavar="DIR|FILE",
        help="instead: a folder with one folder of OpenPose JSON a view (their natural order is "
        "the cameras'), a .npz with keypoints2d (V, F, J, 3) and skeleton, or another detector's "
        "files",
    )
    parser.add_argument(
        "--video",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="with --keypoints: the cameras' videos, in their order, or their folder, to draw over",
    )
    parser.add_argument(
        "--skeleton",
        default="auto",
        choices=("auto", *DETECTED),
        help="what the keypoints are; of VIDEOS: which are looked for, coco17 or body25",
    )
    parser.add_argument(
        "--cameras", type=Path, metavar="FILE", help="calibration; without it they are estimated"
    )
    parser.add_argument("--allow-pickle", action="store_true", help="read AIST++'s .pkl files")


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=("embedded", "rtmpose", "openpose"),
        help="who finds people in VIDEOS (default: embedded, the networks of infer_people)",
    )
    parser.add_argument(
        "--input-size",
        type=int,
        metavar="N",
        help="long side that the detector sees; 768: smaller people",
    )
    parser.add_argument("--max-people", type=int, metavar="N", help="in a frame, at most")
    parser.add_argument(
        "--save-masks", action="store_true", help="keep everybody's masks, a video a view"
    )


def _add_reconstruction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        choices=("triangulate", "estimate_cameras", "refine_cameras"),
        help="take the cameras as they are, estimate all of them, or only where they stand",
    )
    parser.add_argument(
        "--person",
        metavar="WHO",
        help="main (default), all, or a number from 0 on, best seen first",
    )
    parser.add_argument("--fps", type=float, metavar="N", help="frames a second")
    parser.add_argument(
        "--units", choices=("auto", "m", "cm", "mm"), help="of the cameras' world; auto guesses"
    )
    parser.add_argument("--scale", metavar="TEXT", help="height:1.75, distance:CAM,CAM,4.2, bone:…")
    parser.add_argument("--up", default="keep", choices=("keep", "y", "z"), help="turn the world")
    parser.add_argument(
        "--up-axis",
        default="auto",
        choices=("auto", "x", "y", "z", "-x", "-y", "-z"),
        help="what is up in the cameras' world, for pictures, .bvh and .glb (--up-axis=-y, with "
        "the sign); auto: as the cameras stand",
    )
    parser.add_argument(
        "--sync", choices=("off", "report", "auto"), help="look for late views; auto corrects them"
    )
    parser.add_argument(
        "--max-offset", type=int, metavar="FRAMES", help="the largest delay that --sync looks for"
    )
    parser.add_argument(
        "--min-confidence",
        type=float,
        metavar="SHARE",
        help="keypoints below it count as not seen (0 to 1)",
    )
    parser.add_argument(
        "--engine", choices=("native", "aniposelib"), help="who triangulates and optimises"
    )
    parser.add_argument(
        "--objective", choices=("robust", "aist"), help="what is optimised: ours, or AIST++'s"
    )
    parser.add_argument(
        "--smooth",
        metavar="WEIGHT",
        help="of smooth 3D keypoints: auto, or a number; slow motion: 10",
    )


def _add_body(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--body", type=Path, metavar="FILE", help="an SMPL model; without it the built-in body"
    )
    parser.add_argument(
        "--gender",
        default="neutral",
        choices=("neutral", "male", "female"),
        help="which body of --body's folder",
    )
    parser.add_argument(
        "--names",
        default=OWN,
        choices=VOCABULARIES,
        help="of the markers in keypoints3d.trc: opensim for Pose2Sim's models (RBigToe, CHip)",
    )


def _check_inputs(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """Refuse what says nothing or twice from what to begin."""
    if given.videos and given.keypoints:
        parser.error(
            f"VIDEOS ({given.videos[0]}) are looked through for keypoints, and --keypoints gives "
            "them: leave one out; to draw over videos give them with --video"
        )
    if not given.videos and not given.keypoints:
        parser.error("give VIDEOS, a folder with a video a camera, or --keypoints")
    if given.videos and given.video:
        parser.error("VIDEOS are drawn over already: leave --video out")
    searched = {
        "--backend": given.backend,
        "--input-size": given.input_size,
        "--max-people": given.max_people,
        "--save-masks": given.save_masks,
    }
    idle = [option for option, value in searched.items() if value]
    if given.keypoints and idle:
        parser.error(f"{idle[0]} is for VIDEOS, and --keypoints has no people to look for")


def options_of(given: argparse.Namespace) -> MotionOptions:
    """What the chain is asked by a parsed command line; ``--set`` wins over the options."""
    named = vars(given)
    people = {name: named[name] for name in PEOPLE_OPTIONS if named[name] is not None}
    triangulation = {name: named[name] for name in TRIANGULATION_OPTIONS if named[name] is not None}
    masks = {"masks": True, "mask_files": "video"} if given.save_masks else {}
    fit = {"model_file": given.body or "", "gender": given.gender, "up_axis": given.up_axis}
    return MotionOptions(
        keypoints=given.keypoints,
        output=given.output,
        cameras=given.cameras,
        videos=tuple(given.videos or given.video),
        triangulation={
            **triangulation,
            "up_axis": given.up,
            **given.parameters[TRIANGULATION],
        },
        fit={**fit, **given.parameters[FIT]},
        people={**people, **masks, **given.parameters[PEOPLE]},
        names=given.names,
        has_preview=given.has_preview,
        has_viewer=given.has_preview,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the chain from the command line; return the process's exit code."""
    options = options_of(parse_arguments(arguments))

    def work() -> None:
        # Late, so that --help does not wait for SciPy; and before Ikomia, which else brings its
        # own OpenCV.
        from workflows.motion.run import run_motion

        quiet_ikomia()
        try:
            run_motion(options)
        except (OSError, ValueError, RuntimeError) as error:
            raise RuntimeError(in_options(str(error))) from error

    return run_command(work)
