"""The loop and the Ikomia task: it learns, stops, resumes, logs, and its weights are usable."""

import json
import math

import numpy as np
import pytest
import torch

from infer_flow_matting.checkpoints import load_network
from infer_flow_matting.flow_matting_engine.stream import FlowMattingStream
from plugin_kit.flow.matte_metrics import score_clip
from train_flow_matting.flow_matting_training import (
    Split,
    Trainer,
    TrainingOptions,
    find_clips,
    prepare_clip,
    split_clips,
)
from train_flow_matting.train_flow_matting_kit.files import FileError

NAME = "train_flow_matting"


def prepared(dataset, cache, long_side):
    split = split_clips(find_clips(dataset), 0.2, 0)
    parts = (split.training, split.validation)
    return Split(*([prepare_clip(clip, cache, long_side) for clip in part] for part in parts))


@pytest.fixture
def tiny(tiny_dataset, tmp_path):
    """A trainer's arguments: two clips of three frames at 48x36."""
    return prepared(tiny_dataset, tmp_path / "cache", 48), tmp_path / "out"


OPTIONS = TrainingOptions(epochs=3, batch_size=2, width=8, crop=32)


@pytest.fixture(scope="module")
def trained(dataset, tmp_path_factory):
    """Six epochs on four clips of ten frames at 160x120, some eight seconds on one core."""
    folder = tmp_path_factory.mktemp("trained")
    options = TrainingOptions(epochs=6, batch_size=4, learning_rate=2e-3, width=8, crop=96)
    clips = prepared(dataset, folder / "cache", 160)
    history = []
    assert Trainer(options, clips, folder).run(history.append)
    return folder, clips.validation, history


def test_a_short_training_beats_its_start(trained):
    """The start is the coarse matte: a fifth of its error goes, and 8 % of its flicker."""
    _, _, history = trained
    start, best = history[0].score, min((p.score for p in history), key=lambda score: score.mad)
    assert best.mad <= 0.8 * start.mad
    assert best.mse <= 0.92 * start.mse
    assert best.dtssd <= 0.92 * start.dtssd
    assert history[-1].loss < history[1].loss


def test_the_plugin_runs_what_was_trained(trained):
    folder, held_out, history = trained
    stream, clip = FlowMattingStream(load_network(folder / "best.pth")), held_out[0]
    assert stream.needs_matte
    alphas = np.stack(
        [
            stream(np.array(frame), coarse / np.float32(255)).alpha
            for frame, coarse in zip(clip.frames, clip.coarse, strict=True)
        ]
    )
    score = score_clip(alphas, clip.truth / np.float32(255))
    best = min(p.score.mad for p in history)
    assert score.mad == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize("stop_after", [2, 3])
def test_resumed_training_equals_uninterrupted_training(tiny, stop_after):
    """Two steps an epoch: stopped between two epochs, and in the middle of one."""
    clips, folder = tiny
    options = TrainingOptions(epochs=3, batch_size=1, width=8, crop=32)
    whole, parts = [], []
    Trainer(options, clips, folder / "whole").run(whole.append)
    stopped, steps = Trainer(options, clips, folder / "parts"), []
    assert not stopped.run(
        parts.append,
        should_stop=lambda: len(steps) == stop_after,
        step_done=lambda: steps.append(1),
    )
    assert stopped.epoch == 1
    resumed = Trainer(options, clips, folder / "parts")
    resumed.resume()
    assert resumed.run(parts.append)
    assert [progress.epoch for progress in parts] == [0, 1, 2, 3]
    for one, other in zip(whole, parts, strict=True):
        assert one.score.mad == pytest.approx(other.score.mad, rel=1e-4)
    states = [
        torch.load(folder / part / "last.pth", weights_only=True)["state_dict"]
        for part in ("whole", "parts")
    ]
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], atol=1e-6, rtol=1e-5)


def test_stopping_in_the_first_epoch_keeps_a_usable_file(tiny):
    trainer = Trainer(OPTIONS, *tiny)
    assert not trainer.run(should_stop=lambda: True)
    assert load_network(tiny[1] / "last.pth").inputs == "flow+matte"
    assert not list(tiny[1].glob("*.part"))


def test_resuming_another_network_is_refused(tiny):
    clips, folder = tiny
    with pytest.raises(FileNotFoundError, match=r"last\.pth to resume from"):
        Trainer(OPTIONS, clips, folder).resume()
    Trainer(OPTIONS, clips, folder).run(should_stop=lambda: True)
    other = TrainingOptions(width=16)
    with pytest.raises(ValueError, match=r"width=8.*asked for are width=16"):
        Trainer(other, clips, folder).resume()


def without_part(optimiser, name):
    state = {
        key: {k: v for k, v in kept.items() if k != name}
        for key, kept in optimiser["state"].items()
    }
    return {**optimiser, "state": state}


def changed_state(optimiser, name, change):
    state = {key: dict(value) for key, value in optimiser["state"].items()}
    state[0][name] = change(state[0][name])
    return {**optimiser, "state": state}


@pytest.mark.parametrize(
    "change",
    [
        lambda optimiser: changed_state(optimiser, "exp_avg", lambda x: x * float("nan")),
        lambda optimiser: changed_state(optimiser, "exp_avg", lambda x: x[:1]),
        lambda optimiser: changed_state(optimiser, "step", lambda x: "one"),
        lambda optimiser: {
            **optimiser,
            "param_groups": [{**optimiser["param_groups"][0], "betas": ("a", "b")}],
        },
        lambda optimiser: without_part(optimiser, "exp_avg_sq"),
    ],
    ids=["NaN", "shape", "text", "settings", "part"],
)
def test_resuming_an_optimiser_of_another_kind_names_the_file(tiny, change):
    clips, folder = tiny
    trainer, last = Trainer(OPTIONS, clips, folder), folder / "last.pth"
    trainer.run(should_stop=iter([False, True]).__next__)
    content = torch.load(last, weights_only=True)
    torch.save({**content, "optimiser": change(content["optimiser"])}, last)
    with pytest.raises(FileError, match=r"last\.pth is no training state .*: train anew with"):
        trainer.resume()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"optimiser": None}, "no training state|damaged"),
        ({"optimiser": {"state": {}, "param_groups": []}}, "no training state"),
        ({"epoch": "two"}, "damaged"),
        ({"epoch": -1}, "damaged"),
        ({"steps": 0.5}, "damaged"),
        ({"best": float("nan")}, "damaged"),
        ({"width": 2**20}, "damaged"),
        ({"width": 12}, "damaged"),
        ({"state_dict": {"unet.last.bias": torch.zeros(1)}}, "does not fit"),
    ],
)
def test_resuming_a_damaged_state_names_the_file(tiny, changes, message):
    clips, folder = tiny
    trainer, last = Trainer(OPTIONS, clips, folder), folder / "last.pth"
    trainer.run(should_stop=lambda: True)
    torch.save({**torch.load(last, weights_only=True), **changes}, last)
    with pytest.raises(ValueError, match=rf"last\.pth.*({message})"):
        trainer.resume()
    (folder / "best.pth").replace(last)
    with pytest.raises(ValueError, match=r"last\.pth is no training state"):
        trainer.resume()


def test_without_a_matte_training_starts_from_one_half(tiny):
    clips, folder = tiny
    options = TrainingOptions(epochs=1, batch_size=2, width=8, crop=32, uses_matte=False)
    history = []
    Trainer(options, clips, folder).run(history.append)
    assert history[0].score.mad == pytest.approx(500, rel=0.05)
    assert math.isfinite(history[1].loss)
    assert load_network(folder / "best.pth").inputs == "flow"


@pytest.fixture
def task_of(workflow_of, tiny_dataset, tmp_path):
    from ikomia.core import IODataType
    from ikomia.dataprocess import CPathIO

    def build(folder=tiny_dataset, **parameters):
        workflow, (task,) = workflow_of(NAME)
        # Ikomia runs what is connected only.
        workflow.add_input(CPathIO(IODataType.FOLDER_PATH, str(folder)))
        workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        small = {"epochs": 2, "width": 8, "input_size": 48, "crop_size": 32, "device": "cpu"}
        values = {**small, "output_folder": tmp_path / "out", "monitoring": "off", **parameters}
        task.set_parameters({key: str(value) for key, value in values.items()})
        return workflow, task

    return build


def scalars(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (events,) = folder.glob("tensorboard/*")
    accumulator = EventAccumulator(str(events))
    accumulator.Reload()
    return {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}


def test_the_task_trains_and_logs_to_files(task_of, tmp_path, monkeypatch):
    def no_server(*_, **__):
        raise AssertionError("no server may be started")

    monkeypatch.setattr("ikomia.dnn.monitoring.check_mlflow_server", no_server)
    monkeypatch.setattr("ikomia.dnn.monitoring.check_tensorboard_server", no_server)
    workflow, task = task_of(monitoring="files")
    workflow.run()
    out = tmp_path / "out"
    assert (out / "best.pth").is_file() and (out / "last.pth").is_file()
    report = task.get_output(0).data
    assert report["finished"] and report["epochs"] == 2
    assert not set(report["training_clips"]) & set(report["validation_clips"])
    assert [entry["epoch"] for entry in report["history"]] == [0, 1, 2]
    json.dumps(report, allow_nan=False)
    logged = scalars(out)
    assert len(logged["train/loss"]) == 2
    names = ("dice", "iou", "mad", "mse", "grad", "dtssd")
    assert all(len(logged[f"validation/{name}"]) == 3 for name in names)
    assert list(out.glob("mlruns/*/*/metrics/mad"))
    assert list(out.glob("mlruns/*/*/params/learning_rate"))


def test_the_task_logs_where_ikomia_looks(task_of, tmp_path, monkeypatch):
    from ikomia.core import config

    started = []
    for name in ("mlflow", "tensorboard"):
        monkeypatch.setattr(
            f"ikomia.dnn.monitoring.check_{name}_server", lambda n=name: started.append(n)
        )
    store = {"tracking_uri": (tmp_path / "store").as_uri()}
    monkeypatch.setitem(config.main_cfg, "mlflow", store)
    monkeypatch.setitem(config.main_cfg, "tensorboard", {"log_uri": str(tmp_path / "board")})
    workflow, _ = task_of(monitoring="ikomia", epochs=1)
    workflow.run()
    assert started == ["mlflow", "tensorboard"]
    assert list(tmp_path.glob("store/*/*/metrics/loss"))
    assert list(tmp_path.glob("board/train_flow_matting_*/events*"))
    assert not (tmp_path / "out" / "mlruns").exists()


def test_the_task_resumes(task_of, tmp_path):
    workflow, task = task_of(epochs=1)
    workflow.run()
    task.set_parameters({**task.get_parameters(), "epochs": "2", "resume": "True"})
    workflow.run()
    assert [entry["epoch"] for entry in task.get_output(0).data["history"]] == [2]


def test_the_task_stops(task_of, tmp_path, monkeypatch):
    workflow, task = task_of(epochs=1000)
    report = type(task)._report

    def stop_after_one(self, progress):
        report(self, progress)
        if progress.epoch == 1:
            self.stop()

    monkeypatch.setattr(type(task), "_report", stop_after_one)
    workflow.run()
    data = task.get_output(0).data
    assert not data["finished"] and data["epochs"] == 1
    assert (tmp_path / "out" / "last.pth").is_file()


def test_what_is_missing_is_named(task_of):
    workflow, _ = task_of(output_folder="")
    with pytest.raises(RuntimeError, match="set output_folder"):
        workflow.run()
    workflow, _ = task_of(folder="absent")
    with pytest.raises(RuntimeError, match="set dataset_folder"):
        workflow.run()


def test_the_folder_can_be_a_parameter(workflow_of, tmp_path):
    _, (task,) = workflow_of(NAME)
    with pytest.raises(ValueError, match="set dataset_folder"):
        task.set_parameters({"output_folder": str(tmp_path)})
        task.run()
    task.set_parameters({"output_folder": str(tmp_path), "dataset_folder": "absent"})
    with pytest.raises(FileNotFoundError, match="'absent' does not exist"):
        task.run()


@pytest.mark.parametrize(
    "bad", [{"epochs": "0"}, {"width": "12"}, {"monitoring": "cloud"}, {"validation_share": "1"}]
)
def test_bad_value_leaves_the_old_ones(bad):
    from train_flow_matting.parameters import TrainFlowMattingParam

    parameters = TrainFlowMattingParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "seed": "9", **bad})
    assert parameters.get_values() == before
    assert parameters.cfg == parameters.settings.model_dump()
