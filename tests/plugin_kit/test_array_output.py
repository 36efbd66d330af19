"""Arrays at outputs: told as JSON, and saved by Ikomia's auto_save."""

import json
import logging
from fractions import Fraction

import numpy as np
import pytest
from ikomia import dataprocess

from plugin_kit.array_files import read_arrays
from plugin_kit.array_output import ArrayOutput
from workflows.media.video_writer import VideoSink

KEYER = "infer_chroma_key"


@pytest.mark.parametrize(
    "array",
    [
        np.array([[0.25, np.nan], [1e-9, 3]], np.float32),
        np.arange(6, dtype=np.int32).reshape(1, 2, 3),
        np.zeros((0, 3)),
    ],
    ids=["float32 with NaN", "int32", "empty"],
)
def test_json_and_back_is_the_same(array):
    output, read = ArrayOutput(), ArrayOutput()
    output.set_array(array)
    told = json.loads(output.to_json())
    assert (told["shape"], told["dtype"]) == (list(array.shape), str(array.dtype))
    read.from_json(output.to_json(["json_format", "indented"]))
    assert read.get_array().dtype == array.dtype
    np.testing.assert_array_equal(read.get_array(), array)


def test_nan_is_null():
    output = ArrayOutput()
    output.set_array(np.array([np.nan, 1.0]))
    assert json.loads(output.to_json())["data"] == [None, 1.0]


@pytest.mark.parametrize("text", ["[]", "{}", '{"shape": [1], "dtype": "O", "data": [1]}'])
def test_another_json_is_rekeyed(text):
    with pytest.raises(ValueError, match=r"shape, dtype and data|not one of numbers"):
        ArrayOutput().from_json(text)


def before_screen(height, width):
    picture = np.full((height, width, 3), (45, 165, 70), np.uint8)
    picture[height // 3 :, width // 3 : width // 2] = (200, 60, 60)
    return picture


@pytest.fixture
def keyed(workflow_of):
    """A workflow of one task with an array at output 1: somebody before a green screen."""
    workflow, (task,) = workflow_of(KEYER)
    workflow.set_image_input(array=before_screen(48, 64), index=0)
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    return workflow, task


def test_auto_save_writes_arrays_beside_the_pictures(keyed, tmp_path):
    workflow, task = keyed
    workflow.set_auto_save(True)
    workflow.set_output_folder(f"{tmp_path}/")
    workflow.run()
    alpha = task.get_output(1).get_array()
    (file,) = tmp_path.rglob(f"{KEYER}_1.npz")
    assert (file.parent / f"{KEYER}_1.npz").is_file()
    np.testing.assert_array_equal(read_arrays(file)["array"], alpha)
    assert alpha.shape == (48, 64)
    assert json.loads(task.get_output(1).to_json())["dtype"] == "float32"


def test_an_output_alone_can_be_left_out(keyed, tmp_path):
    workflow, task = keyed
    workflow.set_auto_save(True)
    workflow.set_output_folder(f"{tmp_path}/")
    task.get_output(1).auto_save = False
    workflow.run()
    assert not list(tmp_path.rglob(f"{KEYER}_1.npz"))


def test_without_auto_save_nothing_is_written(keyed, tmp_path):
    workflow, _ = keyed
    workflow.set_output_folder(f"{tmp_path}/")
    workflow.run()
    assert not list(tmp_path.rglob("*.npz"))


def test_of_a_video_no_arrays_are_saved_and_that_is_logged(workflow_of, tmp_path, caplog):
    clip = tmp_path / "clip.mp4"
    with VideoSink(clip, 128, 96, Fraction(25), Fraction(1, 25)) as sink:
        for index in range(3):
            sink.write(before_screen(96, 128), index)
    workflow, (task,) = workflow_of(KEYER)
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    workflow.set_auto_save(True)
    workflow.set_output_folder(f"{tmp_path / 'out'}/")
    with caplog.at_level(logging.INFO):
        workflow.run_on(path=str(clip))
    assert list(tmp_path.rglob("clip_*.mp4"))
    assert not list(tmp_path.rglob("*.npz"))
    assert "the arrays of a video's frames are not saved" in caplog.text


def test_every_array_at_an_output_is_one(workflow_of):
    from workflows.plugins import PLUGINS

    _, tasks = workflow_of(*(name for name in PLUGINS if not name.startswith("train_")))
    outputs = [output for task in tasks for output in task.get_outputs()]
    arrays = [output for output in outputs if isinstance(output, dataprocess.CArrayIO)]
    assert len(arrays) > 10
    assert [type(output).__name__ for output in arrays if not hasattr(output, "from_json")] == []
    assert {type(output).__name__ for output in arrays} == {"ArrayOutput"}
