"""What is connected to what in the matting chain; nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from extract_background.ports import Input as PlateInput
from infer_background_matting.ports import Input as MattingInput
from infer_background_matting.ports import Output as MattingOutput
from infer_flow_matting.ports import Input as FlowInput
from infer_human_parsing.ports import Input as ParsingInput
from infer_people.ports import Input as PeopleInput
from infer_rvm.ports import Input as RvmInput
from infer_rvm.ports import Output as RvmOutput
from workflows.plugins import add_task, new_workflow

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

RVM, PARSING, PEOPLE = "infer_rvm", "infer_human_parsing", "infer_people"
PLATE, MATTING, FLOW = "extract_background", "infer_background_matting", "infer_flow_matting"
# The frames, at the root of every workflow.
VIDEO = 0
FRAMES_INPUT = {
    RVM: RvmInput.SOURCE,
    PARSING: ParsingInput.SOURCE,
    PEOPLE: PeopleInput.SOURCE,
}


def plate_workflow(
    *,
    matte: bool | Literal["input"] = True,
    rvm: Mapping[str, object] = {},
    plate: Mapping[str, object] = {},
) -> Workflow:
    """Return the first pass: video → (infer_rvm →) extract_background.

    The workflow's inputs are those of extract_background.

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
    workflow = new_workflow("background plate")
    extract = add_task(workflow, PLATE, plate)
    wanted = PlateInput if matte == "input" else (PlateInput.FRAMES,)
    workflow.connect_tasks(workflow.root(), extract, [(port, port) for port in wanted])
    if matte is True:
        matting = add_task(workflow, RVM, rvm)
        workflow.connect_tasks(workflow.root(), matting, [(VIDEO, RvmInput.SOURCE)])
        workflow.connect_tasks(matting, extract, [(RvmOutput.ALPHA, PlateInput.MATTES)])
    return workflow


def masks_workflow(tasks: Mapping[str, Mapping[str, object]]) -> Workflow:
    """Return what makes masks of people: video → infer_rvm, infer_human_parsing, infer_people.

    Args:
        tasks: The parameters of each task, by its name.
    """
    workflow = new_workflow("masks of people")
    for name, parameters in tasks.items():
        task = add_task(workflow, name, parameters)
        workflow.connect_tasks(workflow.root(), task, [(VIDEO, FRAMES_INPUT[name])])
    return workflow


def matting_workflow(
    *,
    new_background: bool = True,
    matting: Mapping[str, object] = {},
    stabilise: Mapping[str, object] | None = None,
) -> Workflow:
    """Return the second pass: video + plate (+ new background) → infer_background_matting.

    The workflow's inputs are that task's: 0 the video or image, 1 the plate, 2 the new background.

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
    workflow = new_workflow("background matting")
    task = add_task(workflow, MATTING, matting)
    ports = [port for port in MattingInput if new_background or port < MattingInput.NEW_BACKGROUND]
    workflow.connect_tasks(workflow.root(), task, [(port, port) for port in ports])
    if stabilise is not None:
        flow = add_task(workflow, FLOW, stabilise)
        workflow.connect_tasks(workflow.root(), flow, [(VIDEO, FlowInput.SOURCE)])
        workflow.connect_tasks(task, flow, [(MattingOutput.ALPHA_ARRAY, FlowInput.COARSE_ARRAY)])
    return workflow
