"""The matting chain: a video goes in, the same video before a new background comes out.

As a command: ``python -m workflows.matting VIDEO --output DIR``. As a library:
:func:`plate_workflow` and :func:`matting_workflow` return the two wired Ikomia workflows, and
:func:`workflows.matting_chain.run_chain` runs both over a video.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.plugins import load_plugin, quiet_ikomia

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

ALPHA_IMAGE_OUTPUT = 1
MATTE_INPUT = 1


def plate_workflow(
    *, matte: bool = True, rvm: Mapping[str, object] = {}, plate: Mapping[str, object] = {}
) -> Workflow:
    """Return the first pass: video → (infer_rvm →) extract_background.

    Args:
        matte: Whether infer_rvm's alpha tells extract_background where people are.
        rvm: Parameters of infer_rvm.
        plate: Parameters of extract_background.

    Example:
        >>> workflow = plate_workflow(rvm={"downsample_ratio": 0.25})  # doctest: +SKIP
        >>> workflow.run_on(path="dance.mp4")  # doctest: +SKIP
        >>> plate = workflow.find_task("extract_background", 0).get_output(0).get_image()
    """
    workflow = _new_workflow("background plate")
    extract = _add(workflow, "extract_background", plate)
    workflow.connect_tasks(workflow.root(), extract, [(0, 0)])
    if matte:
        matting = _add(workflow, "infer_rvm", rvm)
        workflow.connect_tasks(workflow.root(), matting, [(0, 0)])
        workflow.connect_tasks(matting, extract, [(ALPHA_IMAGE_OUTPUT, MATTE_INPUT)])
    return workflow


def matting_workflow(
    *, new_background: bool = True, matting: Mapping[str, object] = {}
) -> Workflow:
    """Return the second pass: video + plate (+ new background) → infer_background_matting.

    The workflow's inputs are 0 the video or image, 1 the plate, 2 the new background.

    Args:
        new_background: Whether there is an input 2; without it the composite is RGBA.
        matting: Parameters of infer_background_matting.

    Example:
        >>> workflow = matting_workflow(  # doctest: +SKIP
        ...     new_background=False, matting={"weights": "builtin"}
        ... )
        >>> workflow.set_image_input(path="person.png", index=0)  # doctest: +SKIP
        >>> workflow.set_image_input(path="plate.png", index=1)  # doctest: +SKIP
        >>> workflow.run()  # doctest: +SKIP
    """
    workflow = _new_workflow("background matting")
    task = _add(workflow, "infer_background_matting", matting)
    edges = [(index, index) for index in range(3 if new_background else 2)]
    workflow.connect_tasks(workflow.root(), task, edges)
    return workflow


def _new_workflow(name: str) -> Workflow:
    from ikomia.dataprocess.workflow import Workflow

    return Workflow(name)


def _add(workflow: Workflow, name: str, parameters: Mapping[str, object]):
    load_plugin(name)
    values = {key: str(value) for key, value in parameters.items()}
    return workflow.add_task(name=name, params=values, auto_connect=False)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line of ``python -m workflows.matting``."""
    parser = argparse.ArgumentParser(
        prog="python -m workflows.matting",
        description="Cut the people out of a video and put them before a new background.",
    )
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--background",
        metavar="IMAGE|VIDEO|#RRGGBB",
        help="new background; without it: transparent in png and prores, else #78FF9B",
    )
    parser.add_argument(
        "--matte",
        choices=("auto", "rvm", "none"),
        default="auto",
        help="whether Robust Video Matting finds the people for the plate (auto: where its "
        "weights are to be had)",
    )
    parser.add_argument("--rvm-weights", type=Path, metavar="FILE")
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
        choices=("h264", "ffv1", "prores", "png"),
        default="h264",
        help="h264 (mp4), or lossless for compositing: ffv1 (mkv), prores 4444 (mov), png files",
    )
    parser.add_argument("--quality", type=int, default=18, metavar="CRF", help="0 best … 51 worst")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    namespace = parser.parse_args(arguments)
    if not 0 <= namespace.quality <= 51:
        parser.error(f"--quality {namespace.quality} is outside 0 … 51")
    return namespace


def main(arguments: list[str] | None = None) -> int:
    """Run the chain from the command line; return the process's exit code."""
    import av

    from workflows.matting_chain import ChainOptions, run_chain

    given = parse_arguments(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_ikomia()
    options = ChainOptions(
        video=given.video,
        output=given.output,
        background=given.background,
        matte=given.matte,
        rvm_weights=given.rvm_weights,
        plate=given.plate,
        weights=given.weights,
        backbone=given.backbone,
        codec=given.format,
        crf=given.quality,
        device=given.device,
    )
    try:
        run_chain(options)
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept, nothing is half-written.", file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError, av.error.FFmpegError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
