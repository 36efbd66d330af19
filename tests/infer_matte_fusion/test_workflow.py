"""The plugin through the real Ikomia API."""

import logging

import numpy as np
import pytest

from infer_matte_fusion.matte_fusing import MASK_OPTIONS, WEIGHT_SETS, fuse
from infer_matte_fusion.parameters import Settings
from infer_matte_fusion.ports import Input, Output
from plugin_kit.pictures import as_alpha, to_uint8
from tests.infer_matte_fusion.scenes import make_scene

NAME = "infer_matte_fusion"


@pytest.fixture(scope="module")
def scene():
    return make_scene()


@pytest.fixture
def run(workflow_of):
    """Put pictures and arrays at the task's inputs, run it alone, and return it."""
    _, (task,) = workflow_of(NAME)

    def run_with(parameters=None, **given):
        task.set_parameters({**task.get_parameters(), **(parameters or {})})
        for name, value in given.items():
            connected = task.get_input(Input[name])
            put = connected.set_array if name.endswith("ARRAY") else connected.set_image
            put(value)
        task.run()
        return task

    return run_with


def test_pictures_in_a_matte_and_its_report_out(scene, run):
    base, second = to_uint8(scene.base), to_uint8(scene.second)
    task = run(FRAME=scene.frame, BASE=base, SECOND=second, PLATE=scene.plate)
    size = scene.base.shape
    expected = fuse(scene.frame, as_alpha(base, *size), as_alpha(second, *size), scene.plate)
    assert np.array_equal(task.get_output(Output.ALPHA_ARRAY).get_array(), expected.alpha)
    assert np.array_equal(task.get_output(Output.ALPHA).get_image(), to_uint8(expected.alpha))
    assert np.array_equal(task.get_output(Output.SHARE_ARRAY).get_array(), expected.share)
    assert np.array_equal(task.get_output(Output.SHARE).get_image(), to_uint8(expected.share))
    assert task.get_output(Output.REPORT).data == expected.report
    assert expected.share.max() > 0.3


def test_exact_mattes_win_and_coverage_counts(scene, run):
    wrong = np.full(scene.base.shape, 128, np.uint8)
    coverage = np.full(scene.base.shape, 255, np.uint8)
    coverage[:, 340:] = 0
    task = run(
        FRAME=scene.frame,
        BASE=wrong,
        BASE_ARRAY=scene.base,
        SECOND=wrong,
        SECOND_ARRAY=scene.second,
        PLATE=scene.plate,
        COVERAGE=coverage,
    )
    expected = fuse(*scene.given, coverage=coverage / np.float32(255))
    assert np.array_equal(task.get_output(Output.ALPHA_ARRAY).get_array(), expected.alpha)
    assert not expected.share[:, 340:].any()


def test_parameters_reach_the_engine(scene, run):
    given = {"FRAME": scene.frame, "BASE_ARRAY": scene.base, "SECOND_ARRAY": scene.second}
    task = run({"weights": "official", "strength": "0.5"}, PLATE=scene.plate, **given)
    shares = task.get_output(Output.SHARE_ARRAY).get_array().max()
    assert 0.2 < shares <= 0.5 * WEIGHT_SETS["official"].adding
    task = run({"strength": "0"}, PLATE=scene.plate, **given)
    assert np.array_equal(task.get_output(Output.ALPHA_ARRAY).get_array(), scene.base)


def test_masks_as_the_base_have_constants_of_their_own(scene, run):
    given = {"FRAME": scene.frame, "BASE_ARRAY": scene.base, "SECOND_ARRAY": scene.second}
    task = run({"base": "masks"}, PLATE=scene.plate, **given)
    expected, alpha = (fuse(*scene.given, options=o) for o in (MASK_OPTIONS, None))
    assert np.array_equal(task.get_output(Output.ALPHA_ARRAY).get_array(), expected.alpha)
    assert (expected.share > 0).sum() > 1.3 * (alpha.share > 0).sum()


def test_what_is_given_replaces_the_constants():
    assert Settings().options == WEIGHT_SETS["builtin"]
    assert Settings(weights="official").options == WEIGHT_SETS["official"]
    # The weights of the second matte count beside an alpha only.
    assert Settings(base="masks", weights="official").options == MASK_OPTIONS
    given = Settings(base="masks", reach=3, least_coverage=0.5, strength=0.2).options
    assert (given.reach, given.least_coverage) == (3, 0.5)
    assert given.adding == pytest.approx(0.2 * MASK_OPTIONS.adding)


def test_a_wrong_plate_is_told_once_for_as_long_as_it_lasts(scene, run, caplog):
    given = {"FRAME": scene.frame, "BASE_ARRAY": scene.base, "SECOND_ARRAY": scene.second}
    wrong = np.roll(scene.plate, 40, axis=1)
    with caplog.at_level(logging.WARNING):
        for plate in (wrong, wrong, scene.plate, wrong):
            task = run(PLATE=plate, **given)
    assert sum("does not fit" in message for message in caplog.messages) == 2
    assert np.array_equal(task.get_output(Output.ALPHA_ARRAY).get_array(), scene.base)
    assert task.get_output(Output.REPORT).data["warnings"]


@pytest.mark.parametrize("port", [Input.FRAME, Input.BASE, Input.SECOND, Input.PLATE])
def test_a_missing_input_is_named(scene, run, port):
    given = {
        "FRAME": scene.frame,
        "BASE": to_uint8(scene.base),
        "SECOND": to_uint8(scene.second),
        "PLATE": scene.plate,
    }
    del given[port.name]
    with pytest.raises(ValueError, match=f"input {int(port)} of {NAME} is empty"):
        run(**given)


@pytest.mark.parametrize("name", ["BASE", "SECOND", "PLATE"])
def test_the_frame_itself_is_refused(scene, workflow_of, name):
    workflow, (task,) = workflow_of(NAME)
    pictures = {
        "FRAME": scene.frame,
        "BASE": to_uint8(scene.base),
        "SECOND": to_uint8(scene.second),
        "PLATE": scene.plate,
    }
    for index, (port, picture) in enumerate(pictures.items()):
        workflow.set_image_input(array=picture, index=index)
        workflow.connect_tasks(workflow.root(), task, [(0 if port == name else index, Input[port])])
    with pytest.raises(RuntimeError, match=f"input {int(Input[name])}.*auto_connect"):
        workflow.run()
