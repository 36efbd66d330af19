"""The graph of the fusion: which task feeds which, and the same graph as it is saved."""

import numpy as np

from infer_matte_fusion.matte_fusing import fuse
from tests.infer_matte_fusion.scenes import make_scene
from workflows.matting.fused_graph import FUSION, fused_workflow
from workflows.matting.graph import FLOW, MATTING, RVM
from workflows.plugins import REPOSITORY, load_plugin, new_workflow, task_of


def test_both_mattes_and_the_plate_reach_the_fusion(weights):
    scene = make_scene()
    coverage = np.full(scene.base.shape, 255, np.uint8)
    coverage[:, 400:] = 0
    workflow = fused_workflow(
        rvm={"model_weight_file": weights / "rvm.pth"},
        matting={"weights": "builtin", "background_check": "off"},
        fusion={"strength": 0.5},
        stabilise={"sequence": "stream"},
    )
    for index, picture in enumerate((scene.frame, scene.plate, coverage)):
        workflow.set_image_input(array=picture, index=index)
    workflow.run()
    fusion = task_of(workflow, FUSION)
    expected = fuse(
        scene.frame,
        task_of(workflow, RVM).get_output(3).get_array(),
        task_of(workflow, MATTING).get_output(4).get_array(),
        scene.plate,
        coverage=coverage / np.float32(255),
        options=fusion.get_param_object().settings.options,
    )
    assert np.array_equal(fusion.get_output(1).get_array(), expected.alpha)
    # A video's first frame has nothing to be brought in line with.
    assert np.array_equal(task_of(workflow, FLOW).get_output(3).get_array(), expected.alpha)


def test_the_saved_graph_is_this_one():
    for name in (RVM, MATTING, FUSION):
        load_plugin(name)
    loaded = new_workflow("loaded")
    loaded.load(str(REPOSITORY / "workflows" / "saved" / "matting_fused.json"))
    assert all(task_of(loaded, name) for name in (RVM, MATTING, FUSION))
    assert {"rvm_weights", "fusion_strength"} <= set(loaded.get_exposed_parameters())
