"""The task in a workflow of its own, and a dance for it."""

import pytest

from infer_smpl_fit.smpl_body.builtin import builtin_body
from tests.infer_smpl_fit.scenes import scene_of
from tests.infer_smpl_fit.sheets import few_moments
from tests.infer_smpl_fit.task_runs import FRAMES, NAME


@pytest.fixture
def whole_sheet():
    """For a test that looks at the contact sheet."""


@pytest.fixture(autouse=True)
def small_sheet(request):
    if "whole_sheet" in request.fixturenames:
        yield
        return
    with few_moments():
        yield


@pytest.fixture(scope="session")
def scene():
    return scene_of(builtin_body(), "coco17", 7, FRAMES, noise=0.003, shapes=0.5)


@pytest.fixture
def task_of(workflow_of):
    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        task.set_parameters({key: str(value) for key, value in parameters.items()})
        return workflow, task

    return build
