"""The plugin through the real Ikomia API."""

import numpy as np
import pytest

from infer_chroma_key.chroma_keying import Keyer, KeyOptions
from infer_chroma_key.ports import Input, Output
from plugin_kit.pictures import to_uint8
from tests.infer_chroma_key.scenes import make_scene

NAME = "infer_chroma_key"


@pytest.fixture
def run(workflow_of):
    """Put pictures at the task's inputs, run it alone, and return it."""
    _, (task,) = workflow_of(NAME)

    def run_with(parameters=None, **given):
        task.set_parameters({**task.get_parameters(), **(parameters or {})})
        for name, value in given.items():
            task.get_input(Input[name]).set_image(value)
        task.run()
        return task

    return run_with


def outputs(task):
    alpha = task.get_output(Output.ALPHA).get_image()
    exact = task.get_output(Output.ALPHA_ARRAY).get_array()
    return alpha, exact, task.get_output(Output.FOREGROUND).get_image()


def test_a_frame_in_its_key_out(run):
    scene = make_scene()
    task = run(FRAME=scene.frame)
    expected = Keyer()(scene.frame)
    alpha, exact, foreground = outputs(task)
    assert np.array_equal(exact, expected.alpha)
    assert np.array_equal(alpha, to_uint8(expected.alpha))
    assert np.array_equal(foreground, expected.foreground)
    assert task.get_output(Output.REPORT).data == expected.report


def test_region_and_parameters_reach_the_engine(run):
    scene = make_scene(tie=True)
    region = to_uint8(scene.alpha)
    parameters = {"screen": "given", "screen_color": "40,160,70", "black": "0.1", "spill": "0.5"}
    task = run(parameters, FRAME=scene.frame, REGION=region)
    options = KeyOptions(screen="40,160,70", black=0.1, spill=0.5)
    expected = Keyer(options)(scene.frame, region.astype(np.float32) / 255)
    assert np.array_equal(outputs(task)[1], expected.alpha)
    assert task.get_output(Output.REPORT).data["held_share"] > 0


def test_a_stream_remembers_and_pictures_do_not(run):
    frames = [make_scene(noise=4, seed=seed).frame for seed in range(2)]
    alone = Keyer()(frames[1]).alpha
    for sequence, is_alone in (("stream", False), ("image", True)):
        run({"sequence": sequence}, FRAME=frames[0])
        exact = outputs(run(FRAME=frames[1]))[1]
        assert np.array_equal(exact, alone) == is_alone


def test_input_is_not_written_into(run):
    frame = make_scene().frame
    kept = frame.copy()
    run(FRAME=frame)
    assert np.array_equal(frame, kept)


def test_what_is_missing_or_wrong_is_told(run):
    frame = make_scene().frame
    with pytest.raises(ValueError, match="is the frame itself"):
        run(FRAME=frame, REGION=frame)
    with pytest.raises(ValueError, match="no green or blue screen"):
        run(FRAME=np.full_like(frame, 90), REGION=np.zeros(frame.shape[:2], np.uint8))


def test_a_screen_too_grey_is_refused_and_changes_nothing(workflow_of):
    _, (task,) = workflow_of(NAME)
    with pytest.raises(RuntimeError, match="too grey"):
        task.set_parameters({"screen_color": "90,100,90"})
    assert task.get_parameters()["screen_color"] == "45,165,70"
