"""What is connected to what in the motion chain; nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infer_multiview_triangulation.ports import Input as TriangulationInput
from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_people.ports import Output as PeopleOutput
from infer_smpl_fit.ports import Input as FitInput
from workflows.plugins import add_task, new_workflow

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

PEOPLE = "infer_people"
TRIANGULATION, FIT = "infer_multiview_triangulation", "infer_smpl_fit"


def motion_workflow(
    triangulation: Mapping[str, object] | None = None,
    fit: Mapping[str, object] | None = None,
    *,
    people: Mapping[str, object] | None = None,
) -> Workflow:
    """(Videos → infer_people →) 2D keypoints → infer_multiview_triangulation → infer_smpl_fit.

    Args:
        triangulation: Parameters of infer_multiview_triangulation.
        fit: Parameters of infer_smpl_fit.
        people: Parameters of infer_people, which finds the keypoints; None leaves it out.

    Example:
        >>> workflow = motion_workflow(  # doctest: +SKIP
        ...     {"keypoints_path": "pose", "cameras_path": "Calib.toml", "skeleton": "body25b"}
        ... )
        >>> workflow.run()  # doctest: +SKIP
        >>> fit = workflow.find_task("infer_smpl_fit", 0)  # doctest: +SKIP
        >>> poses = fit.get_output(0).get_array()  # doctest: +SKIP
    """
    workflow = new_workflow("motion")
    first = add_task(workflow, TRIANGULATION, triangulation or {})
    second = add_task(workflow, FIT, fit or {})
    if people is None:
        workflow.connect_tasks(workflow.root(), first)
    else:
        finder = add_task(workflow, PEOPLE, people)
        workflow.connect_tasks(workflow.root(), finder)
        found = [
            (PeopleOutput.KEYPOINTS, TriangulationInput.KEYPOINTS),
            (PeopleOutput.DESCRIPTION, TriangulationInput.METADATA),
        ]
        workflow.connect_tasks(finder, first, found)
    edges = [
        (TriangulationOutput.KEYPOINTS3D, FitInput.KEYPOINTS),
        (TriangulationOutput.REPORT, FitInput.METADATA),
    ]
    workflow.connect_tasks(first, second, edges)
    return workflow
