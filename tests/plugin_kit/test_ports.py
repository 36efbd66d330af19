"""What lies at a task's inputs and outputs, on Ikomia's own objects."""

from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO
from ikomia.dataprocess.workflow import Workflow

from plugin_kit.ports import (
    array_at,
    declare_ports,
    dictionary_at,
    image_at,
    is_video_at,
    publish_dictionary,
    refuse_frame_as_matte,
    required_image,
    video_path_at,
)


class Input(IntEnum):
    FRAME = 0
    ARRAY = 1
    DICTIONARY = 2
    NOTHING = 7


class Output(IntEnum):
    REPORT = 0


@pytest.fixture
def task():
    task = dataprocess.C2dImageTask("some task", False)
    inputs = [dataprocess.CImageIO(), dataprocess.CArrayIO(), DataDictIO()]
    declare_ports(task, inputs, [DataDictIO()])
    return task


def test_declared_ports_replace_the_base_classs(task):
    assert task.get_input_count() == 3 and task.get_output_count() == 1
    kinds = [type(task.get_input(index)) for index in range(3)]
    assert kinds == [dataprocess.CImageIO, dataprocess.CArrayIO, DataDictIO]


def test_empty_ports_have_nothing(task):
    assert image_at(task, Input.FRAME) is None
    assert array_at(task, Input.ARRAY) is None
    assert dictionary_at(task, Input.DICTIONARY) == {}
    for port in (Input.FRAME, Input.NOTHING):
        assert is_video_at(task, port) is False
        assert video_path_at(task, port) == ""


def test_ports_that_do_not_exist_have_nothing(task):
    assert image_at(task, Input.NOTHING) is None
    assert array_at(task, Input.NOTHING) is None
    assert dictionary_at(task, Input.NOTHING) == {}


def test_a_picture_that_is_needed_is_asked_for(task):
    with pytest.raises(ValueError, match="input 0 of some task is empty: it takes a frame"):
        required_image(task, Input.FRAME, "a frame")


def test_pictures_and_arrays_come_as_they_were_given(task):
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    array = np.array([[np.nan, 1.5]])
    task.get_input(Input.FRAME).set_image(picture)
    task.get_input(Input.ARRAY).set_array(array)
    np.testing.assert_array_equal(image_at(task, Input.FRAME), picture)
    np.testing.assert_array_equal(required_image(task, Input.FRAME, "a frame"), picture)
    np.testing.assert_array_equal(array_at(task, Input.ARRAY), array)


def test_a_dictionary_is_a_copy(task):
    task.get_input(Input.DICTIONARY).data = {"fps": 50}
    found = dictionary_at(task, Input.DICTIONARY)
    assert found == {"fps": 50}
    found["fps"] = 25
    assert task.get_input(Input.DICTIONARY).data == {"fps": 50}


def test_what_is_published_is_a_copy_all_the_way_down(task):
    content = {"cameras": [{"name": "a"}]}
    publish_dictionary(task, Output.REPORT, content)
    content["cameras"][0]["name"] = "b"
    assert task.get_output(Output.REPORT).data == {"cameras": [{"name": "a"}]}
    kept = {"kept": 1}
    publish_dictionary(task, Output.REPORT, kept)
    # So Ikomia does at the next run.
    task.get_output(Output.REPORT).clear_data()
    assert kept == {"kept": 1}


class Looking(dataprocess.C2dImageTask):
    seen = []

    def run(self):
        path = Path(video_path_at(self, Input.FRAME))
        self.seen.append((is_video_at(self, Input.FRAME), path))


def test_videos_are_known_by_their_path(task, tmp_path):
    import cv2

    path = tmp_path / "a.mp4"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (32, 16))
    for _ in range(3):
        video.write(np.full((16, 32, 3), 90, np.uint8))
    video.release()
    workflow = Workflow("video")
    looking = workflow.add_task(task=Looking("looking", False))
    workflow.set_video_input(path=str(path))
    workflow.set_cfg_entry("WholeVideo", "1")
    workflow.connect_tasks(workflow.root(), looking, [(0, 0)])
    workflow.run()
    assert Looking.seen == [(True, path)] * 3


def test_the_frame_itself_is_no_matte(task):
    frame = np.random.default_rng(0).integers(0, 255, (4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match=r"input 1 of some task is the frame itself.*explicitly"):
        refuse_frame_as_matte(task, Input.ARRAY, matte=frame.copy(), frame=frame)


def test_what_may_be_a_matte_passes(task):
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 255, (4, 5, 3), np.uint8)
    black, grey = np.zeros((4, 5, 3), np.uint8), frame[..., 0]
    refuse_frame_as_matte(task, Input.ARRAY, matte=black, frame=black)
    refuse_frame_as_matte(task, Input.ARRAY, matte=grey, frame=grey)
    refuse_frame_as_matte(task, Input.ARRAY, matte=frame[::-1], frame=frame)
    refuse_frame_as_matte(task, Input.ARRAY, matte=frame[..., :1], frame=frame)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_of_nan_alone_are_refused(task, dtype):
    for port, give in ((Input.FRAME, "set_image"), (Input.ARRAY, "set_array")):
        getattr(task.get_input(port), give)(np.full((2, 4, 3), np.nan, dtype))
        read = image_at if port is Input.FRAME else array_at
        with pytest.raises(ValueError, match=rf"input {int(port)} of some task holds no number"):
            read(task, port)
