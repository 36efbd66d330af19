"""What is connected to what where two mattes are fused; nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infer_background_matting.ports import Input as MattingInput
from infer_background_matting.ports import Output as MattingOutput
from infer_flow_matting.ports import Input as FlowInput
from infer_matte_fusion.ports import Input as FusionInput
from infer_matte_fusion.ports import Output as FusionOutput
from infer_people.ports import Output as PeopleOutput
from infer_rvm.ports import Output as RvmOutput
from workflows.matting.graph import FLOW, FRAMES_INPUT, MATTING, PEOPLE, RVM, VIDEO
from workflows.plugins import add_task, new_workflow

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

FUSION = "infer_matte_fusion"
# The workflow's inputs, beside the video.
BACKGROUND, COVERAGE = 1, 2
# Which output of who makes the base goes to which input of the fusion.
BASE_OUTPUT = {
    RVM: (RvmOutput.ALPHA_ARRAY, FusionInput.BASE_ARRAY),
    PEOPLE: (PeopleOutput.MASK, FusionInput.BASE),
}


def fused_workflow(
    *,
    coverage: bool = True,
    rvm: Mapping[str, object] = {},
    matting: Mapping[str, object] = {},
    fusion: Mapping[str, object] = {},
    people: Mapping[str, object] | None = None,
    stabilise: Mapping[str, object] | None = None,
) -> Workflow:
    """Return video + plate (+ coverage) → two mattes → infer_matte_fusion.

    The two are infer_rvm's, or infer_people's masks, and infer_background_matting's.

    That is what the command's ``--method auto`` makes, for a plate that fits.

    The workflow's inputs are 0 the video or image, 1 the plate, 2 its coverage.

    Args:
        coverage: Whether there is an input 2.
        rvm, matting, fusion: Parameters of each task. Of the first two the alpha alone goes on, and
            ``outputs: alpha`` leaves their colours out.
        people: Parameters of infer_people, whose masks are then the base in infer_rvm's place: no
            weights have to be fetched. None takes infer_rvm.
        stabilise: Parameters of infer_flow_matting behind them; None leaves it out.

    Example:
        >>> workflow = fused_workflow(coverage=False)  # doctest: +SKIP
        >>> workflow.set_image_input(path="person.png", index=0)  # doctest: +SKIP
        >>> workflow.set_image_input(path="plate.png", index=1)  # doctest: +SKIP
        >>> workflow.run()  # doctest: +SKIP
    """
    workflow = new_workflow("fused matting")
    root = workflow.root()
    second = add_task(workflow, MATTING, matting)
    task = add_task(workflow, FUSION, fusion if people is None else {"base": "masks", **fusion})
    name = RVM if people is None else PEOPLE
    base = add_task(workflow, name, rvm if people is None else people)
    workflow.connect_tasks(root, base, [(VIDEO, FRAMES_INPUT[name])])
    workflow.connect_tasks(
        root, second, [(VIDEO, MattingInput.SOURCE), (BACKGROUND, MattingInput.BACKGROUND)]
    )
    workflow.connect_tasks(base, task, [BASE_OUTPUT[name]])
    workflow.connect_tasks(second, task, [(MattingOutput.ALPHA_ARRAY, FusionInput.SECOND_ARRAY)])
    given = [(VIDEO, FusionInput.FRAME), (BACKGROUND, FusionInput.PLATE)]
    given += [(COVERAGE, FusionInput.COVERAGE)] if coverage else []
    workflow.connect_tasks(root, task, given)
    if stabilise is not None:
        flow = add_task(workflow, FLOW, stabilise)
        workflow.connect_tasks(root, flow, [(VIDEO, FlowInput.SOURCE)])
        workflow.connect_tasks(task, flow, [(FusionOutput.ALPHA_ARRAY, FlowInput.COARSE_ARRAY)])
    return workflow
