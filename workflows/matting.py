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
from typing import TYPE_CHECKING, Literal

from workflows.interruption import interrupt_when_terminated
from workflows.matting_options import MASK_TASKS, ChainOptions
from workflows.plugins import load_plugin, quiet_ikomia

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

ALPHA_IMAGE_OUTPUT, ALPHA_ARRAY_OUTPUT = 1, 4
MATTE_INPUT, COARSE_ARRAY_INPUT = 1, 2


def plate_workflow(
    *,
    matte: bool | Literal["input"] = True,
    rvm: Mapping[str, object] = {},
    plate: Mapping[str, object] = {},
) -> Workflow:
    """Return the first pass: video → (infer_rvm →) extract_background.

    Args:
        matte: Whether infer_rvm's alpha tells extract_background where people are; ``input``
            takes mattes of your own from the workflow's input 1.
        rvm: Parameters of infer_rvm.
        plate: Parameters of extract_background.

    Example:
        >>> workflow = plate_workflow(rvm={"downsample_ratio": 0.25})  # doctest: +SKIP
        >>> workflow.run_on(path="dance.mp4")  # doctest: +SKIP
        >>> plate = workflow.find_task("extract_background", 0).get_output(0).get_image()
    """
    workflow = _new_workflow("background plate")
    extract = _add(workflow, "extract_background", plate)
    edges = [(0, 0), (1, MATTE_INPUT)] if matte == "input" else [(0, 0)]
    workflow.connect_tasks(workflow.root(), extract, edges)
    if matte is True:
        matting = _add(workflow, "infer_rvm", rvm)
        workflow.connect_tasks(workflow.root(), matting, [(0, 0)])
        workflow.connect_tasks(matting, extract, [(ALPHA_IMAGE_OUTPUT, MATTE_INPUT)])
    return workflow


def masks_workflow(tasks: Mapping[str, Mapping[str, object]]) -> Workflow:
    """Return what makes masks of people: video → infer_rvm, infer_human_parsing or both.

    Args:
        tasks: The parameters of each task, by its name.
    """
    workflow = _new_workflow("masks of people")
    for name, parameters in tasks.items():
        workflow.connect_tasks(workflow.root(), _add(workflow, name, parameters), [(0, 0)])
    return workflow


def matting_workflow(
    *,
    new_background: bool = True,
    matting: Mapping[str, object] = {},
    stabilise: Mapping[str, object] | None = None,
) -> Workflow:
    """Return the second pass: video + plate (+ new background) → infer_background_matting.

    The workflow's inputs are 0 the video or image, 1 the plate, 2 the new background.

    Args:
        new_background: Whether there is an input 2; without it the composite is RGBA.
        matting: Parameters of infer_background_matting.
        stabilise: Parameters of infer_flow_matting behind it; None leaves it out.

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
    if stabilise is not None:
        flow = _add(workflow, "infer_flow_matting", stabilise)
        workflow.connect_tasks(workflow.root(), flow, [(0, 0)])
        workflow.connect_tasks(task, flow, [(ALPHA_ARRAY_OUTPUT, COARSE_ARRAY_INPUT)])
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
    parser.add_argument(
        "video",
        type=Path,
        metavar="VIDEO|FOLDER",
        help="a video; or an EasyVolcap root with images/CAMERA/FRAME.*, of which mask/, schp/ "
        "(with --matte parsing) and bkgd/CAMERA.png are made",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--background",
        metavar="IMAGE|VIDEO|#RRGGBB",
        help="new background; without it: transparent in png and prores, else #78FF9B",
    )
    parser.add_argument(
        "--matte",
        choices=tuple(MASK_TASKS),
        default="auto",
        help="who finds the people for the plate: Robust Video Matting, human parsing, or both "
        "(auto: RVM where its weights are to be had)",
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
        "--stabilise", action="store_true", help="make the alpha stable along the optical flow"
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

    from workflows.matting_cameras import run_cameras
    from workflows.matting_chain import run_chain

    given = parse_arguments(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_ikomia()
    interrupt_when_terminated()
    options = ChainOptions(
        video=given.video,
        output=given.output,
        background=given.background,
        matte=given.matte,
        rvm_weights=given.rvm_weights,
        parsing_weights=given.parsing_weights,
        parsing_boxes=given.parsing_boxes,
        stabilise=given.stabilise,
        plate=given.plate,
        weights=given.weights,
        backbone=given.backbone,
        codec=given.format,
        crf=given.quality,
        device=given.device,
    )
    try:
        (run_cameras if options.video.is_dir() else run_chain)(options)
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept, nothing is half-written.", file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError, av.error.FFmpegError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
