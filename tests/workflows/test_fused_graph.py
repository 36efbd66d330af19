"""The graphs of the fusion and of the key: which task feeds which, and how they are saved."""

import numpy as np
import pytest

from infer_chroma_key.ports import Output as KeyOutput
from infer_matte_fusion.matte_fusing import MASK_OPTIONS, fuse
from infer_people.ports import Output as PeopleOutput
from tests.infer_chroma_key.scenes import mad
from tests.infer_chroma_key.scenes import make_scene as make_screen
from tests.infer_matte_fusion.scenes import make_scene
from workflows.matting.fused_graph import FUSION, fused_workflow
from workflows.matting.graph import FLOW, MATTING, PEOPLE, RVM
from workflows.matting.key_graph import KEY, key_workflow
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


def test_masks_take_the_place_of_the_alpha():
    """A drawn figure is nobody, so the base is empty, and the fusion adds nothing to it."""
    scene = make_scene()
    workflow = fused_workflow(coverage=False, people={}, matting={"weights": "builtin"})
    fusion = task_of(workflow, FUSION)
    assert fusion.get_param_object().settings.options == MASK_OPTIONS
    for index, picture in enumerate((scene.frame, scene.plate)):
        workflow.set_image_input(array=picture, index=index)
    workflow.run()
    mask = task_of(workflow, PEOPLE).get_output(PeopleOutput.MASK).get_image()
    assert np.array_equal(fusion.get_output(0).get_image(), mask)
    assert mask.shape == scene.base.shape and not mask.any()


@pytest.mark.parametrize(
    ("file", "tasks", "shown"),
    [
        ("matting_fused", (RVM, MATTING, FUSION), {"rvm_weights", "fusion_strength"}),
        ("matting_fused_masks", (PEOPLE, MATTING, FUSION), {"wanted", "fusion_base"}),
        ("key", (PEOPLE, KEY), {"wanted", "screen_colour", "spill"}),
    ],
)
def test_the_saved_graph_is_this_one(file, tasks, shown):
    loaded = saved(file, tasks)
    assert all(task_of(loaded, name) for name in tasks)
    assert shown <= set(loaded.get_exposed_parameters())
    assert "videos" not in loaded.get_exposed_parameters()


def test_the_saved_masks_have_their_constants():
    loaded = saved("matting_fused_masks", (PEOPLE, MATTING, FUSION))
    assert task_of(loaded, FUSION).get_param_object().settings.options == MASK_OPTIONS


def test_the_saved_key_keys_people_alone():
    """A drawn figure is nobody: the region is empty, so nothing is kept; without it, all is."""
    scene = make_screen()
    loaded = saved("key", (PEOPLE, KEY))
    loaded.set_image_input(array=scene.frame, index=0)
    loaded.run()
    key = task_of(loaded, KEY)
    assert key.get_output(KeyOutput.REPORT).data["screen"] == "green"
    assert key.get_output(KeyOutput.ALPHA_ARRAY).get_array().max() == 0
    whole = key_workflow()
    whole.set_image_input(array=scene.frame, index=0)
    whole.run()
    assert mad(task_of(whole, KEY).get_output(KeyOutput.ALPHA_ARRAY).get_array(), scene.alpha) < 10


def saved(file, tasks):
    """The workflow as it was saved, with its plugins loaded."""
    for name in tasks:
        load_plugin(name)
    loaded = new_workflow("loaded")
    loaded.load(str(REPOSITORY / "workflows" / "saved" / f"{file}.json"))
    return loaded
