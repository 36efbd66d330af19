"""The command ``python -m workflows.motion``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path

from plugin_kit.keypoints.skeletons import DETECTED
from workflows.command import run_command
from workflows.motion.options import MotionOptions, in_options
from workflows.plugins import quiet_ikomia


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.motion``."""
    parser = argparse.ArgumentParser(
        prog="python -m workflows.motion",
        description="Turn 2D keypoints of several cameras into 3D keypoints and body motion.",
    )
    parser.add_argument(
        "--keypoints",
        type=Path,
        required=True,
        metavar="DIR|FILE",
        help="a folder with one folder of OpenPose JSON a view (their natural order is the "
        "cameras'), a .npz with keypoints2d (V, F, J, 3) and skeleton, or another detector's files",
    )
    parser.add_argument("--skeleton", default="auto", choices=("auto", *DETECTED))
    parser.add_argument(
        "--cameras", type=Path, metavar="FILE", help="calibration; without it they are estimated"
    )
    parser.add_argument(
        "--mode",
        default="triangulate",
        choices=("triangulate", "estimate_cameras", "refine_cameras"),
        help="take the cameras as they are, estimate all of them, or only where they stand",
    )
    parser.add_argument("--fps", type=float, default=0.0, metavar="N", help="frames a second")
    parser.add_argument("--units", default="auto", choices=("auto", "m", "cm", "mm"))
    parser.add_argument(
        "--scale", default="none", metavar="TEXT", help="height:1.75, distance:CAM,CAM,4.2, bone:…"
    )
    parser.add_argument("--up", default="keep", choices=("keep", "y", "z"), help="turn the world")
    parser.add_argument(
        "--up-axis",
        default="auto",
        choices=("auto", "x", "y", "z", "-x", "-y", "-z"),
        help="what is up in the cameras' world, for pictures, .bvh and .glb (--up-axis=-y, with "
        "the sign); auto: as the cameras stand",
    )
    parser.add_argument("--sync", default="report", choices=("off", "report", "auto"))
    parser.add_argument("--min-confidence", type=float, default=0.15, metavar="SHARE")
    parser.add_argument(
        "--body", type=Path, metavar="FILE", help="an SMPL model; without it the built-in body"
    )
    parser.add_argument("--gender", default="neutral", choices=("neutral", "male", "female"))
    parser.add_argument(
        "--video",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="videos of the cameras, in their order, to draw the body over the first",
    )
    parser.add_argument("--allow-pickle", action="store_true", help="read AIST++'s .pkl files")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    given = parser.parse_args(arguments)
    if given.up != "keep" and given.up_axis != "auto":
        parser.error(f"--up {given.up} turns the world, so that --up-axis has nothing to tell")
    return given


def main(arguments: list[str] | None = None) -> int:
    """Run the chain from the command line; return the process's exit code."""
    given = parse_arguments(arguments)
    options = MotionOptions(
        keypoints=given.keypoints,
        output=given.output,
        cameras=given.cameras,
        videos=tuple(given.video),
        triangulation={
            "skeleton": given.skeleton,
            "mode": given.mode,
            "fps": given.fps,
            "units": given.units,
            "scale": given.scale,
            "up_axis": given.up,
            "sync": given.sync,
            "min_confidence": given.min_confidence,
            "allow_pickle": given.allow_pickle,
        },
        fit={
            "model_file": given.body or "",
            "gender": given.gender,
            "up_axis": given.up_axis,
        },
    )

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
