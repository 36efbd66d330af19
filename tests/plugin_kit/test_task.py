"""Names of parameters, which Ikomia passes over where it knows them not."""

import json
import logging

import pytest
from ikomia.dataprocess.workflow import Workflow

from workflows.plugins import PLUGINS, load_plugin

# A slip of the pen, and what was meant.
SLIPS = {
    "extract_background": ("metod", "method"),
    "infer_background_matting": ("modeltype", "model_type"),
    "infer_flow_matting": ("scenecut", "scene_cut"),
    "infer_human_parsing": ("trimap_eroson", "trimap_erosion"),
    "infer_chroma_key": ("spil", "spill"),
    "infer_matte_fusion": ("strenght", "strength"),
    "infer_multiview_triangulation": ("keypoint_path", "keypoints_path"),
    "infer_people": ("maxpeople", "max_people"),
    "infer_rvm": ("sequense", "sequence"),
    "infer_smpl_fit": ("outputfolder", "output_folder"),
    "train_background_matting": ("cropsize", "crop_size"),
    "train_flow_matting": ("epoch", "epochs"),
}


@pytest.fixture(params=PLUGINS)
def plugin(request):
    load_plugin(request.param)
    return request.param


def test_unknown_names_are_refused_with_the_nearest(plugin):
    slip, meant = SLIPS[plugin]
    told = rf"{plugin} has no parameter '{slip}' \(did you mean {meant}\?\)"
    workflow = Workflow("names")
    with pytest.raises(RuntimeError, match=told):
        workflow.add_task(name=plugin, params={slip: "1"}, auto_connect=False)
    task = workflow.add_task(name=plugin, auto_connect=False)
    before = task.get_parameters()
    with pytest.raises(ValueError, match=told):
        task.set_parameters({slip: "1"})
    with pytest.raises(ValueError, match=told):
        workflow.set_parameters({slip: "1"}, task_name=plugin)
    assert task.get_parameters() == before
    task.set_parameters(before)
    assert task.get_parameters() == before


def test_values_need_not_be_text():
    load_plugin("infer_background_matting")
    task = Workflow("names").add_task(
        name="infer_background_matting", params={"align_background": "True"}, auto_connect=False
    )
    task.set_parameters({"model_refine_pixels": 160, "cuda": "false"})
    settings = task.get_param_object().settings
    assert settings.align_background is True
    assert (settings.model_refine_pixels, settings.device) == (160, "cpu")


def test_a_workflow_of_another_version_loads_with_a_warning(plugin, tmp_path, caplog):
    slip, meant = SLIPS[plugin]
    workflow = Workflow("saved")
    workflow.add_task(name=plugin, auto_connect=False)
    file = tmp_path / "saved.json"
    workflow.save(str(file))
    with caplog.at_level(logging.WARNING):
        Workflow().load(str(file))
    assert str(file) not in caplog.text
    content = json.loads(file.read_text())
    for parameter in content["tasks"][0]["task_data"]["parameters"]:
        if parameter["name"] == meant:
            parameter["name"] = slip
    file.write_text(json.dumps(content))
    loaded = Workflow()
    with caplog.at_level(logging.WARNING):
        loaded.load(str(file))
    assert f"{file}: {plugin} has no parameter '{slip}'" in caplog.text
    assert f"the nearest is {meant}" in caplog.text
    assert f"saved without {meant}: the defaults are taken" in caplog.text
    assert loaded.find_task(plugin, 0).get_parameters().keys() >= {meant}
