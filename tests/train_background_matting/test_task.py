"""The Ikomia task: it trains, stops, resumes, logs; its weights matte; what is wrong is named."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from plugin_kit.held_folder import held_folder
from plugin_kit.picture_files import read_picture, read_rgba, write_picture
from train_background_matting.background_matting_training import Augmentation, Rates
from train_background_matting.parameters import Settings, TrainBackgroundMattingParam

NAME = "train_background_matting"
SMALL = {
    "base_steps": 1,
    "refine_steps": 1,
    "batch_size": 2,
    "crop_size": 64,
    "picture_size": 96,
    "validation_pictures": 1,
    "validation_steps": 1,
    "device": "cpu",
    "monitoring": "off",
}


@pytest.fixture
def task_of(workflow_of, foregrounds, backgrounds, tmp_path):
    from ikomia.core import IODataType
    from ikomia.dataprocess import CPathIO

    def build(folder=foregrounds, **parameters):
        workflow, (task,) = workflow_of(NAME)
        # Ikomia runs what is connected only.
        workflow.add_input(CPathIO(IODataType.FOLDER_PATH, str(folder)))
        workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        places = {"background_folder": backgrounds, "output_folder": tmp_path / "out"}
        task.set_parameters({**SMALL, **places, **parameters})
        return workflow, task

    return build


def test_the_task_trains_and_its_weights_matte(task_of, workflow_of, tmp_path, monkeypatch):
    """Through Ikomia from pictures to weights, and with these from a picture to its alpha."""

    def no_server(*_, **__):
        raise AssertionError("no server may be started")

    for server in ("mlflow", "tensorboard"):
        monkeypatch.setattr(f"ikomia.dnn.monitoring.check_{server}_server", no_server)
    workflow, task = task_of(monitoring="files")
    steps = []
    task.when_step = lambda: steps.append(1)
    workflow.run()
    out = tmp_path / "out"
    report = task.get_output(0).data
    assert report == json.loads((out / "report.json").read_text())
    assert report["finished"] and report["steps"] == 2 and len(steps) == 2
    assert [entry["step"] for entry in report["history"]] == [0, 1, 2]
    assert report["best"]["mad"] == min(entry["mad"] for entry in report["history"])
    assert report["before"]["mad"] == report["history"][0]["mad"]
    assert not set(report["held_out"]) & set(report["trained_on"])
    assert len(report["held_out"]) + len(report["trained_on"]) == 8 + 5
    assert list(out.glob("tensorboard/*/events*")) and list(out.glob("mlruns/*/*/metrics/mad"))
    assert list(out.glob("mlruns/*/*/params/learning_rate_refiner"))

    matting, (infer,) = workflow_of("infer_background_matting")
    infer.set_parameters({"model_weight_file": report["weights"], "background_check": "off"})
    plate = np.full((120, 160, 3), (170, 165, 155), np.uint8)
    picture, disc = plate.copy(), np.zeros((120, 160), np.uint8)
    cv2.circle(disc, (80, 60), 35, 255, -1)
    picture[disc > 0] = (40, 60, 120)
    for port, image in enumerate((picture, plate)):
        matting.add_input(_image(image))
        matting.connect_tasks(matting.root(), infer, [(port, port)])
    matting.run()
    alpha = infer.get_output(4).get_array()
    assert np.abs(alpha - disc / 255).mean() < 0.08


def _image(pixels):
    from ikomia.dataprocess import CImageIO

    image = CImageIO()
    image.set_image(pixels)
    return image


def test_the_task_stops_and_resumes(task_of, tmp_path, monkeypatch):
    workflow, task = task_of(refine_steps=3, validation_steps=100)
    step = type(task).emit_step_progress

    def stop_at_two(self):
        step(self)
        if self.when_step is None and not (tmp_path / "stopped").exists():
            (tmp_path / "stopped").touch()
            self.stop()

    monkeypatch.setattr(type(task), "emit_step_progress", stop_at_two)
    workflow.run()
    stopped = task.get_output(0).data
    assert not stopped["finished"] and stopped["steps"] == 1
    assert (tmp_path / "out" / "weights.pth").is_file()
    with pytest.raises(RuntimeError, match=r"training\.pth is there from an earlier training"):
        workflow.run()
    task.set_parameters({"resume": "True"})
    workflow.run()
    report = task.get_output(0).data
    assert report["finished"] and [entry["step"] for entry in report["history"]] == [0, 4]


def test_stopping_while_pictures_are_prepared_leaves_no_training(task_of, tmp_path, monkeypatch):
    workflow, task = task_of()
    monkeypatch.setattr(type(task), "should_stop", lambda self: True)
    workflow.run()
    assert task.get_output(0).data == {"finished": False, "steps": 0, "history": []}
    assert not list((tmp_path / "out").glob("*.pth"))


def test_a_log_that_cannot_begin_leaves_no_run_open(task_of, monkeypatch):
    import mlflow

    def fails(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(mlflow, "log_params", fails)
    workflow, _ = task_of(monitoring="files")
    with pytest.raises(RuntimeError, match="the disk is full"):
        workflow.run()
    assert mlflow.active_run() is None


def test_two_trainings_do_not_share_a_folder(task_of, tmp_path):
    workflow, _ = task_of()
    out = tmp_path / "out"
    told = "another run is writing into .*out: wait for its end, or name another output_folder"
    with held_folder(out), pytest.raises(RuntimeError, match=told):
        workflow.run()
    assert not (out / "prepared").exists()


def test_colour_pictures_with_alphas_train_as_rgba_does(task_of, foregrounds, tmp_path):
    for path in sorted(foregrounds.iterdir())[:3]:
        rgba = read_rgba(path)
        write_picture(tmp_path / "colours" / path.name, np.ascontiguousarray(rgba[..., :3]))
        write_picture(tmp_path / "alphas" / path.name, np.ascontiguousarray(rgba[..., 3]))
    workflow, task = task_of(
        tmp_path / "colours",
        alpha_folder=tmp_path / "alphas",
        foreground_colors="extended",
        base_steps=0,
        weights="scratch",
    )
    workflow.run()
    assert task.get_output(0).data["finished"]
    assert read_picture(tmp_path / "colours" / "person0.png").shape == (160, 160, 3)


@pytest.mark.parametrize(
    "bad, message",
    [
        ({"output_folder": ""}, "set output_folder"),
        ({"background_folder": ""}, "has no backgrounds: set background_folder"),
        ({"background_folder": "absent"}, "background_folder absent is no folder"),
        ({"base_steps": 0, "refine_steps": 0}, "nothing would be trained"),
        ({"model_backbone": "resnet50"}, r"give pytorch_resnet50\.pth .* or set weights=scratch"),
        ({"model_weight_file": "absent.pth"}, r"model_weight_file 'absent\.pth' does not exist"),
        ({"resume": True}, r"there is no .*training\.pth to resume from"),
        ({"alpha_folder": "absent"}, "alpha_folder absent is no folder"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_prepared(task_of, tmp_path, bad, message):
    workflow, _ = task_of(**bad)
    with pytest.raises(RuntimeError, match=message):
        workflow.run()
    assert not (tmp_path / "out" / "prepared").exists()


def test_foregrounds_are_asked_for(workflow_of, tmp_path):
    _, (task,) = workflow_of(NAME)
    task.set_parameters({"output_folder": str(tmp_path)})
    with pytest.raises(ValueError, match="has no foregrounds: set foreground_folder"):
        task.run()


@pytest.mark.parametrize(
    "bad", [{"batch_size": "1"}, {"crop_size": "32"}, {"plate_holes": "2"}, {"weights": "best"}]
)
def test_a_bad_value_leaves_the_old_ones(bad):
    parameters = TrainBackgroundMattingParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "seed": "9", **bad})
    assert parameters.get_values() == before
    assert parameters.cfg == parameters.settings.model_dump()


def test_defaults_are_the_engines():
    settings = Settings()
    assert settings.rates == Rates() and settings.augmentation == Augmentation()


def test_the_weights_are_those_of_the_plugin_that_mattes():
    from infer_background_matting.checkpoints import BUILTIN_FILE as source
    from train_background_matting.checkpoints import BUILTIN_FILE as copy

    assert Path(copy).read_bytes() == Path(source).read_bytes()
