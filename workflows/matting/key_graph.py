"""What is connected to what where a green or blue screen is keyed; nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infer_chroma_key.ports import Input as KeyInput
from infer_people.ports import Output as PeopleOutput
from infer_rvm.ports import Output as RvmOutput
from workflows.matting.graph import FRAMES_INPUT, PEOPLE, RVM, VIDEO
from workflows.plugins import add_task, new_workflow

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

KEY = "infer_chroma_key"
# Who can say where the wanted people are, and which output has it.
REGION_OUTPUT = {RVM: RvmOutput.ALPHA, PEOPLE: PeopleOutput.MASK}


def key_workflow(
    *,
    region: str | None = None,
    finder: Mapping[str, object] = {},
    key: Mapping[str, object] = {},
) -> Workflow:
    """Return video (→ infer_rvm or infer_people) → infer_chroma_key.

    The workflow's input is the video or image.

    Args:
        region: The task whose matte is the keyer's region, one of :data:`REGION_OUTPUT`; None
            keys all of the frame.
        finder: Parameters of that task.
        key: Parameters of infer_chroma_key.

    Example:
        >>> workflow = key_workflow(region="infer_people")  # doctest: +SKIP
        >>> workflow.run_on(path="studio.mp4")  # doctest: +SKIP
    """
    workflow = new_workflow("keying")
    task = add_task(workflow, KEY, key)
    workflow.connect_tasks(workflow.root(), task, [(VIDEO, KeyInput.FRAME)])
    if region is not None:
        people = add_task(workflow, region, finder)
        workflow.connect_tasks(workflow.root(), people, [(VIDEO, FRAMES_INPUT[region])])
        workflow.connect_tasks(people, task, [(REGION_OUTPUT[region], KeyInput.REGION)])
    return workflow
