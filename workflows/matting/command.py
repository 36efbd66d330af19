"""The command ``python -m workflows.matting``: its options and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.command import program, run_command
from workflows.matting.method import METHODS
from workflows.matting.options import MASK_TASKS, OUTPUTS, ChainOptions
from workflows.media.codecs import CODECS, DEFAULT_CRF
from workflows.plugins import quiet_ikomia

if TYPE_CHECKING:
    from workflows.matting.report import Report


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.matting``; the names are ChainOptions'."""
    parser = argparse.ArgumentParser(
        prog=program("matting"),
        description="Cut the people out of a video and put them before a new background.",
    )
    parser.add_argument(
        "videos",
        type=Path,
        nargs="+",
        metavar="VIDEO|FOLDER",
        help="a video, a folder of its pictures, or a folder of videos; or an EasyVolcap root with "
        "images/CAMERA/FRAME.*, of which mask/, schp/ (with --matte parsing) and bkgd/CAMERA.png "
        "are made. Of several, each gets a folder of its own below --output; those whose results "
        "are there already, of the same files by the same options, are passed over",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for the results; it is made"
    )
    parser.add_argument(
        "--again", action="store_true", help="of several videos, redo those that are done too"
    )
    parser.add_argument(
        "--background",
        metavar="IMAGE|VIDEO|#RRGGBB|blur[:RADIUS]",
        help="new background, or the video itself, blurred by so many pixels; without it: "
        "transparent in png, prores, webm and ffv1, else #78FF9B",
    )
    parser.add_argument(
        "--method",
        choices=tuple(METHODS),
        default="auto",
        help="how the alpha is made. auto: RVM's where its weights are to be had, else "
        "infer_people's masks, helped by background matting where a plate was seen and fits the "
        "frame; rvm: RVM's alone; key: a green or blue screen's; background: background matting's "
        "alone, for a fixed camera",
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
    parser.add_argument(
        "--rvm-weights", type=Path, metavar="FILE", help="a checkpoint of Robust Video Matting"
    )
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
        default="auto",
        metavar="auto|official|builtin|FILE",
        help="weights of background matting (auto: the official ones where they are to be had, "
        "else the built-in ones)",
    )
    parser.add_argument(
        "--backbone",
        choices=("mobilenetv2", "resnet50", "resnet101"),
        help="of background matting's network",
    )
    parser.add_argument(
        "--format",
        dest="codec",
        choices=tuple(CODECS),
        default="h264",
        help="h264 (mp4); for browsers, with transparency: webm (VP9); for compositing: ffv1 (mkv) "
        "and png files, both lossless, or prores 4444 (mov)",
    )
    parser.add_argument(
        "--quality",
        dest="crf",
        type=int,
        default=DEFAULT_CRF,
        metavar="CRF",
        help="0 best … 51 worst",
    )
    add_selection(parser)
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run"
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "torch", "openvino"),
        default="auto",
        help="what runs RVM and human parsing on the CPU (auto: OpenVINO where it is installed and "
        "wins)",
    )
    namespace = parser.parse_args(arguments)
    if not 0 <= namespace.crf <= 51:
        parser.error(f"--quality {namespace.crf} is outside 0 … 51")
    return namespace


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that say which part of a video is worked on, and what is written of it."""
    group = parser.add_argument_group("a part of it")
    group.add_argument(
        "--start",
        metavar="TIME",
        help="where to begin: seconds, HH:MM:SS.mmm, or a frame's number such as 120f (counted "
        "from 0; of pictures, the number in their names); sound stays in step",
    )
    group.add_argument("--end", metavar="TIME", help="where to end; that frame is left out")
    group.add_argument(
        "--size",
        metavar="1280x720|720p|50%",
        help="scale to fit into this, the aspect kept; nothing is enlarged",
    )
    group.add_argument(
        "--preview",
        action="store_true",
        help="only make preview.png: source, alpha and composite of ten moments spread over it",
    )
    group.add_argument(
        "--only",
        metavar=",".join(OUTPUTS),
        help="write these alone; report.json always",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the chain from the command line; return the process's exit code."""
    given = vars(parse_arguments(arguments))
    paths, again, preview = (given.pop(name) for name in ("videos", "again", "preview"))

    def work() -> int:
        # Late, so that --help does not wait for PyTorch; and before Ikomia, which else brings its
        # own OpenCV.
        from workflows.matting.batch import Batch, sources_of
        from workflows.matting.cameras import run_cameras
        from workflows.matting.run import preview_chain, run_chain
        from workflows.media.source import holds_pictures

        def run(options: ChainOptions) -> Report:
            has_cameras = options.video.is_dir() and not holds_pictures(options.video)
            if has_cameras and preview:
                raise ValueError(f"--preview is for a video, and {options.video} holds cameras")
            chain = preview_chain if preview else run_chain
            return (run_cameras if has_cameras else chain)(options)

        quiet_ikomia()
        sources = sources_of(paths)
        options = ChainOptions(video=sources[0], **given)
        if sources == paths and len(sources) == 1:
            run(options)
            return 0
        if options.alpha is not None:
            raise ValueError(f"--alpha {options.alpha} belongs to one video: give one alone")
        return Batch(options, run, again or preview).work(sources)

    return run_command(work)
