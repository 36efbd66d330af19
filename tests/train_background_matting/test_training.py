"""The loop: it learns, stops, resumes, and its weights are those that the plugin mattes with."""

import copy
import functools
import math

import pytest
import torch

from infer_background_matting.bgm_network import MattingBase
from infer_background_matting.bgm_network import MattingRefine as Matting
from infer_background_matting.checkpoints import BUILTIN_FILE
from infer_background_matting.checkpoints import load_checkpoint as load_for_matting
from train_background_matting.background_matting_training import (
    Preparation,
    Rates,
    Trainer,
    TrainingOptions,
    find_backgrounds,
    find_foregrounds,
    network_from,
    prepare,
    split_files,
    untrained,
)
from train_background_matting.background_matting_training.held_out import mean_score, score_network
from train_background_matting.background_matting_training.training_state import (
    read_training_state,
)
from train_background_matting.train_background_matting_kit.files import FileError

RATES = Rates(backbone=2e-3, aspp=2e-3, decoder=2e-3, refiner=2e-3)
OPTIONS = TrainingOptions(
    base_steps=4,
    refine_steps=2,
    base_batch=2,
    crop=64,
    base_rates=RATES,
    refine_rates=RATES,
    checked=1,
    check_every=3,
)


@pytest.fixture(scope="module")
def data(foregrounds, backgrounds, tmp_path_factory):
    found = find_foregrounds(foregrounds, None), find_backgrounds(backgrounds)
    splits = [split_files(files, 0.3, 0, "path") for files in found]
    return prepare(*splits, tmp_path_factory.mktemp("prepared"), Preparation(side=96))


@functools.cache
def drawn_network():
    return untrained("mobilenetv2", 0)


def trainer(data, folder, options=OPTIONS):
    return Trainer(options, data, folder, copy.deepcopy(drawn_network()))


def test_a_short_fine_tuning_lowers_the_held_out_error(data, tmp_path):
    """By how much hangs on rounding: 1 to 9 % of the MAD, 9 to 22 % of the MSE were seen."""
    rates = Rates(backbone=3e-4, aspp=3e-4, decoder=3e-4, refiner=1e-3)
    changes = {"base_steps": 0, "refine_steps": 12, "checked": 6, "check_every": 6}
    options = TrainingOptions(**{**vars(OPTIONS), **changes, "refine_rates": rates})
    history = []
    training = Trainer(options, data, tmp_path, network_from(BUILTIN_FILE, "mobilenetv2"))
    assert training.run(history.append)
    assert [(p.step, p.stage) for p in history] == [(n, "refine") for n in (0, 6, 12)]
    start, best = history[0].score, min((p.score for p in history), key=lambda score: score.mad)
    assert best.mad < 0.995 * start.mad and best.mse < 0.97 * start.mse
    assert history[2].loss < history[1].loss
    network = Matting("mobilenetv2")
    load_for_matting(network, tmp_path / "weights.pth")
    again = mean_score(score_network(network, training.held_out))
    assert again.mad == pytest.approx(best.mad, rel=1e-4)


@pytest.mark.parametrize("stop_after", [2, 4])
def test_resumed_training_equals_unbroken_training(data, tmp_path, stop_after, unbroken):
    """Stopped within a stage between two checks, and between the two stages."""
    stopped, steps, parts = trainer(data, tmp_path), [], []
    assert not stopped.run(
        parts.append,
        should_stop=lambda: len(steps) == stop_after,
        step_done=lambda: steps.append(1),
    )
    assert stopped.step == stop_after
    resumed = trainer(data, tmp_path)
    resumed.resume()
    assert resumed.run(parts.append)
    whole, folder = unbroken
    assert [p.step for p in parts] == [p.step for p in whole] == [0, 3, 6]
    for one, other in zip(whole[1:], parts[1:], strict=True):
        assert one.score.mad == pytest.approx(other.score.mad, rel=1e-5)
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
    states = [read_training_state(x / "training.pth", "mobilenetv2") for x in (folder, tmp_path)]
    for key, value in states[0].state_dict.items():
        torch.testing.assert_close(value, states[1].state_dict[key], atol=1e-6, rtol=1e-5)


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    folder, history = tmp_path_factory.mktemp("unbroken"), []
    assert trainer(data, folder).run(history.append)
    return history, folder


def test_batches_of_a_step_hang_on_seed_and_step_alone(data, tmp_path):
    one, other = (trainer(data, tmp_path / name) for name in "ab")
    one.step = other.step = 5
    one._batch("base", 0.1)
    torch.rand(3)
    for stage, progress in (("base", 0.1), ("base", 0.9), ("refine", 0.5)):
        a, b = (x._batch(stage, progress).source for x in (one, other))
        assert torch.equal(a, b)
    assert one._batch("base", 0.1).source.shape == (2, 3, 20, 24)
    assert one._batch("refine", 0.1).source.shape == (2, 3, 64, 92)


def test_stopped_before_the_first_step_there_are_weights_already(data, tmp_path):
    assert not trainer(data, tmp_path).run(should_stop=lambda: True)
    load_for_matting(Matting("mobilenetv2"), tmp_path / "weights.pth")
    load_for_matting(MattingBase("mobilenetv2"), tmp_path / "weights.pth")
    assert {path.name for path in tmp_path.iterdir()} == {"weights.pth", "training.pth"}


def test_the_best_weights_are_kept_not_the_last(data, tmp_path):
    """With a rate that destroys the network, the start remains the best."""
    wild = Rates(backbone=1.0, aspp=1.0, decoder=1.0, refiner=1.0)
    options = TrainingOptions(**{**vars(OPTIONS), "base_rates": wild, "refine_steps": 0})
    start = untrained("mobilenetv2", 0).state_dict()
    history = []
    assert Trainer(options, data, tmp_path, untrained("mobilenetv2", 0)).run(history.append)
    assert [p.is_best for p in history] == [True, False, False]
    kept = torch.load(tmp_path / "weights.pth", weights_only=True)
    assert all(torch.equal(kept[key], value) for key, value in start.items())


def test_what_diverges_ends_and_leaves_what_was_good(data, tmp_path):
    training, steps = trainer(data, tmp_path), []

    def spoil():
        steps.append(1)
        with torch.no_grad():
            training._network.decoder.conv4.weight.fill_(math.inf)

    with pytest.raises(RuntimeError, match=r"diverged: the loss is nan.*lower the learning rates"):
        training.run(step_done=spoil)
    assert len(steps) == 1
    resumed = trainer(data, tmp_path)
    resumed.resume()
    assert resumed.step == 0 and (tmp_path / "weights.pth").is_file()


def test_training_starts_from_the_builtin_weights(data, tmp_path):
    network = network_from(BUILTIN_FILE, "mobilenetv2")
    history = []
    Trainer(OPTIONS, data, tmp_path, network).run(history.append, should_stop=lambda: True)
    random = []
    trainer(data, tmp_path / "random").run(random.append, should_stop=lambda: True)
    assert history[0].score.mad < 0.5 * random[0].score.mad
    assert math.isnan(history[0].loss)


def test_coarse_weights_get_a_refiner_that_resizes(tmp_path, caplog):
    torch.manual_seed(0)
    torch.save(MattingBase("mobilenetv2").state_dict(), tmp_path / "base.pth")
    network = network_from(tmp_path / "base.pth", "mobilenetv2").eval()
    assert "base.pth has no refiner" in caplog.text
    network.refine_by(0.25, "full", 0, 0)
    pictures = torch.rand(2, 1, 3, 64, 96)
    with torch.inference_mode():
        out = network(*pictures)
    coarse = torch.nn.functional.interpolate(out.pha_sm, (64, 96), mode="bilinear")
    inner = (..., slice(8, -8), slice(8, -8))
    assert (out.pha - coarse)[inner].abs().mean() < 0.03


def test_weights_that_do_not_fit_are_named(tmp_path):
    with pytest.raises(FileError, match=r"fp16.pth does not fit this network \(model_backbone\)"):
        network_from(BUILTIN_FILE, "resnet50")
    (tmp_path / "a.pth").write_bytes(b"no weights")
    with pytest.raises(FileError, match=r"a\.pth is not a PyTorch checkpoint that can be read"):
        network_from(tmp_path / "a.pth", "mobilenetv2")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"optimiser": None}, "no training state"),
        ({"optimiser": {"state": {}, "param_groups": []}}, "no training state"),
        ({"step": -1}, "damaged: step"),
        ({"stage_steps": (1,)}, "damaged: stage_steps"),
        ({"best": float("nan")}, "damaged: best"),
        ({"losses": (float("inf"), 1)}, "damaged: losses"),
        ({"history": [1]}, "damaged: trained_on or history"),
        ({"state_dict": {"aspp": torch.zeros(1)}}, "does not fit"),
        ({"backbone": "resnet50"}, "model_backbone=resnet50; asked for is mobilenetv2"),
        ({"format": "another"}, "no training state of train_background_matting"),
    ],
)
def test_resuming_what_is_no_state_names_the_file(data, tmp_path, unbroken, changes, message):
    content = torch.load(unbroken[1] / "training.pth", weights_only=True)
    torch.save({**content, **changes}, tmp_path / "training.pth")
    with pytest.raises(FileError, match=rf"training\.pth.*({message})"):
        trainer(data, tmp_path).resume()


def test_resuming_without_a_state_or_on_held_out_pictures_is_refused(data, tmp_path, unbroken):
    with pytest.raises(FileNotFoundError, match=r"there is no .*training\.pth to resume from"):
        trainer(data, tmp_path).resume()
    content = torch.load(unbroken[1] / "training.pth", weights_only=True)
    seen = [*content["trained_on"], data.held_out_names[0]]
    torch.save({**content, "trained_on": seen}, tmp_path / "training.pth")
    with pytest.raises(FileError, match=r"was trained on 1 of the held-out pictures .person"):
        trainer(data, tmp_path).resume()


def test_more_steps_can_be_asked_for_at_resuming(data, tmp_path, unbroken, caplog):
    content = torch.load(unbroken[1] / "training.pth", weights_only=True)
    torch.save(content, tmp_path / "training.pth")
    longer = TrainingOptions(**{**vars(OPTIONS), "refine_steps": 4})
    training = trainer(data, tmp_path, longer)
    training.resume()
    assert "the steps were (4, 2) and are (4, 4)" in caplog.text
    history = []
    assert training.run(history.append) and [p.step for p in history] == [8]
    assert (tmp_path / "weights.pth").is_file()
