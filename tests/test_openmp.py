"""The plugins' networks run with whole OpenMP teams, whatever ikomia has switched on before."""

import ctypes
import sys
from importlib import import_module

import cv2
import numpy as np
import pytest
from ikomia.dataprocess.workflow import Workflow

from workflows.plugins import PLUGINS, REPOSITORY, load_plugin

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libgomp is Linux's")


@linux_only
@pytest.mark.parametrize(
    "name", [p for p in PLUGINS if (REPOSITORY / p / f"{p}_kit" / "openmp.py").is_file()]
)
def test_dynamic_teams_are_off_while_the_network_runs(name):
    openmp = ctypes.CDLL("libgomp.so.1")
    openmp.omp_set_dynamic(1)
    import_module(f"{name}.{name}_kit.device").keep_teams_whole()
    assert openmp.omp_get_dynamic() == 0


@linux_only
def test_a_run_switches_dynamic_teams_off():
    openmp = ctypes.CDLL("libgomp.so.1")
    load_plugin("infer_background_matting")
    workflow = Workflow("teams")
    task = workflow.add_task(name="infer_background_matting", auto_connect=False)
    task.set_parameters({"background_check": "off", "weights": "builtin"})
    picture = np.random.default_rng(0).integers(0, 255, (128, 160, 3), np.uint8)
    workflow.set_image_input(picture, index=0)
    workflow.set_image_input(cv2.flip(picture, 1), index=1)
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (1, 1)])
    openmp.omp_set_dynamic(1)
    try:
        workflow.run()
        assert openmp.omp_get_dynamic() == 0
    finally:
        openmp.omp_set_dynamic(0)
