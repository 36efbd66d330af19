"""The command ``python -m workflows.matting``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path

from workflows.command import run_command
from workflows.matting.method import METHODS
from workflows.matting.options import MASK_TASKS, ChainOptions
from workflows.media.codecs import CODECS, DEFAULT_CRF
from workflows.plugins import quiet_ikomia


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.matting``; the names are ChainOptions'."""
    parser = argparse.ArgumentParser(
        prog="python -m workflows.matting",
        description="Cut the people out of a video and put them before a new background.",
    )
    parser.add_argument(
        "video",
        type=Path,
        metavar="VIDEO|FOLDER",
        help="a video, or a folder of its pictures; or an EasyVolcap root with "
        "images/CAMERA/FRAME.*, of which mask/, schp/ (with --matte parsing) and bkgd/CAMERA.png "
        "are made",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--background",
        metavar="IMAGE|VIDEO|#RRGGBB",
        help="new background; without it: transparent in png and prores, else #78FF9B",
    )
    parser.add_argument(
        "--method",
        choices=tuple(METHODS),
        default="auto",
        help="how the alpha is made. auto: RVM's where its weights are to be had, else "
        "infer_people's masks, helped by background matting where a plate was seen and fits the "
        "frame; rvm: RVM's alone; background: background matting's alone, for a fixed camera",
    )
    parser.add_argument(
        "--alpha",
        type=Path,
        metavar="VIDEO|FOLDER",
        help="a matte of another program, one picture a frame, as the base of --method auto",
    )
    parser.add_argument(
        "--people",
        dest="who",
        default="all",
        metavar="all|largest|N|X,Y[,FRAME]",
        help="whose alpha is kept: everybody's, the largest person's, that of a number from 0, "
        "or of who is at a point in a frame",
    )
    parser.add_argument(
        "--matte",
        choices=tuple(MASK_TASKS),
        default="auto",
        help="who finds the people: Robust Video Matting, infer_people (nothing to fetch), human "
        "parsing, or RVM and parsing (auto: RVM where its weights are to be had, else people)",
    )
    parser.add_argument("--rvm-weights", type=Path, metavar="FILE")
    parser.add_argument("--parsing-weights", type=Path, metavar="FILE", help="a checkpoint of SCHP")
    parser.add_argument(
        "--parsing-boxes",
        metavar="maskrcnn|whole|FILE",
        help="parse the people whom torchvision's Mask R-CNN finds (FILE: with weights of your "
        "own), or one who fills the picture",
    )
    parser.add_argument(
        "--stabilise",
        action=argparse.BooleanOptionalAction,
        help="make the alpha stable along the optical flow (default: with --method auto)",
    )
    parser.add_argument(
        "--plate", type=Path, metavar="IMAGE", help="the empty background, if known"
    )
    parser.add_argument(
        "--weights",
        default="official",
        metavar="official|builtin|FILE",
        help="weights of background matting",
    )
    parser.add_argument("--backbone", choices=("mobilenetv2", "resnet50", "resnet101"))
    parser.add_argument(
        "--format",
        dest="codec",
        choices=tuple(CODECS),
        default="h264",
        help="h264 (mp4), or lossless for compositing: ffv1 (mkv), prores 4444 (mov), png files",
    )
    parser.add_argument(
        "--quality",
        dest="crf",
        type=int,
        default=DEFAULT_CRF,
        metavar="CRF",
        help="0 best … 51 worst",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    namespace = parser.parse_args(arguments)
    if not 0 <= namespace.crf <= 51:
        parser.error(f"--quality {namespace.crf} is outside 0 … 51")
    return namespace


def main(arguments: list[str] | None = None) -> int:
    """Run the chain from the command line; return the process's exit code."""
    options = ChainOptions(**vars(parse_arguments(arguments)))

    def work() -> None:
        # Late, so that --help does not wait for PyTorch; and before Ikomia, which else brings its
        # own OpenCV.
        from workflows.matting.cameras import run_cameras
        from workflows.matting.run import run_chain
        from workflows.media.source import holds_pictures

        quiet_ikomia()
        has_cameras = options.video.is_dir() and not holds_pictures(options.video)
        (run_cameras if has_cameras else run_chain)(options)

    return run_command(work)
