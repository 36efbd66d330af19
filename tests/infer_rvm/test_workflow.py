"""The plugin through the real Ikomia API, with seeded weights."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from infer_rvm.rvm_network import MattingNetwork, MattingStream, auto_ratio
from tests.golden import loading, recipe
from workflows.media.video_writer import VideoSink

NAME = "infer_rvm"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "seeded.pth"
    keys = "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json"
    torch.save(loading.state_dict("rvm", keys), path)
    return str(path)


@pytest.fixture
def task_of(workflow_of, checkpoint):
    """A task that OpenVINO runs only where a test asks for it, so that mattes are equal."""

    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        given = {"model_weight_file": checkpoint, "engine": "torch", **parameters}
        task.set_parameters({key: str(value) for key, value in given.items()})
        return workflow, task

    return build


def frames(count=4, size=(96, 128)):
    return [recipe.image(f"rvmS{index}", *size) for index in range(count)]


def run(workflow, task, *images):
    for index, image in enumerate(images):
        workflow.set_image_input(array=image, index=index)
    if not workflow.get_in_edges(workflow.get_task_id(task)):
        edges = [(index, index) for index in range(len(images))]
        workflow.connect_tasks(workflow.root(), task, edges)
    workflow.run()
    return task.get_output(3).get_array().copy()


def engine(checkpoint):
    network = MattingNetwork("mobilenetv3")
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    return network.eval()


def test_outputs_come_in_the_documented_order(task_of):
    workflow, task = task_of()
    exact = run(workflow, task, *frames(2))
    composite, alpha, foreground = (task.get_output(i).get_image() for i in range(3))
    assert composite.shape == foreground.shape == (96, 128, 3)
    assert exact.shape == (96, 128)
    assert exact.dtype == np.float32
    np.testing.assert_allclose(np.squeeze(alpha), exact * 255, atol=0.51)


def test_alpha_alone_is_the_same_and_the_rest_stays_empty(task_of):
    workflow, task = task_of(sequence="stream")
    pictures = frames(2)
    expected = [run(workflow, task, picture) for picture in pictures]
    assert task.get_output(0).is_data_available()
    task.set_parameters({"outputs": "alpha", "downsample_ratio": "0.99"})
    run(workflow, task, pictures[0])
    task.set_parameters({"downsample_ratio": "auto"})
    for picture, alpha in zip(pictures, expected, strict=True):
        np.testing.assert_array_equal(run(workflow, task, picture), alpha)
    assert not any(task.get_output(port).is_data_available() for port in (0, 2))
    np.testing.assert_allclose(
        np.squeeze(task.get_output(1).get_image()), expected[1] * 255, atol=0.51
    )


def test_composite_colour_is_used(task_of):
    workflow, task = task_of(composite_color="10,20,30")
    exact = run(workflow, task, frames(1)[0])
    composite = task.get_output(0).get_image()
    clear = exact == 0
    if clear.any():
        assert (composite[clear] == (10, 20, 30)).all()
    mixed = task.get_output(2).get_image() * exact[..., None]
    mixed = mixed + np.array((10, 20, 30)) * (1 - exact[..., None])
    assert np.abs(composite - mixed).max() <= 1.5


def test_stream_carries_the_state_and_image_does_not(task_of, checkpoint):
    pictures = frames()
    stream = MattingStream(engine(checkpoint))
    expected = [stream(picture).alpha for picture in pictures]
    workflow, task = task_of(sequence="stream")
    for picture, alpha in zip(pictures, expected, strict=True):
        np.testing.assert_allclose(run(workflow, task, picture), alpha, atol=1e-6)
    workflow, task = task_of(sequence="image")
    run(workflow, task, pictures[0])
    alone = MattingStream(engine(checkpoint))(pictures[1]).alpha
    np.testing.assert_allclose(run(workflow, task, pictures[1]), alone, atol=1e-6)
    assert np.abs(alone - expected[1]).max() > 1e-3


def test_every_video_starts_anew(task_of, checkpoint, tmp_path):
    rate = Fraction(25)
    for name in ("a.mp4", "b.mp4"):
        with VideoSink(tmp_path / name, 128, 96, rate, 1 / rate) as sink:
            for index, picture in enumerate(frames()):
                sink.write(picture, index)
    workflow, task = task_of()
    results = []
    for name in ("a.mp4", "b.mp4", "b.mp4"):
        workflow.set_video_input(path=str(tmp_path / name), index=0)
        if not results:
            workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        workflow.set_cfg_entry("WholeVideo", "1")
        workflow.run()
        results.append(task.get_output(3).get_array().copy())
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[1], results[2])


def test_of_alpha_alone_that_alone_is_saved(task_of, tmp_path):
    """Ikomia cannot write a video of outputs that stay empty."""
    rate = Fraction(25)
    with VideoSink(tmp_path / "a.mp4", 64, 48, rate, 1 / rate) as sink:
        sink.write(recipe.image("rvmS0", 48, 64), 0)
        sink.write(recipe.image("rvmS1", 48, 64), 1)
    workflow, task = task_of(outputs="alpha")
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    workflow.set_output_folder(f"{tmp_path}/saved/")
    workflow.set_auto_save(True)
    workflow.run_on(path=str(tmp_path / "a.mp4"))
    assert [path.suffix for path in (tmp_path / "saved").rglob("*.mp4")] == [".mp4"]


def test_another_size_starts_anew(checkpoint):
    stream = MattingStream(engine(checkpoint))
    stream(frames(1)[0])
    small = recipe.image("rvmS1", 64, 80)
    expected = MattingStream(engine(checkpoint))(small).alpha
    np.testing.assert_array_equal(stream(small).alpha, expected)


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0])
def test_fast_path_equals_the_plain_network(checkpoint, ratio):
    network = engine(checkpoint)
    stream, states = MattingStream(network), (None,) * 4
    for picture in frames(4, (135, 241)):
        source = torch.from_numpy(recipe.to_nchw(picture))
        with torch.inference_mode():
            fgr, pha, *states = network(source, *states, downsample_ratio=ratio)
        matte = stream(picture, ratio)
        np.testing.assert_allclose(matte.alpha, pha[0, 0].numpy(), atol=1e-4)
        colours = fgr[0].permute(1, 2, 0).numpy() * 255
        assert np.abs(matte.foreground - colours).max() < 0.6


def test_auto_ratio_brings_the_long_side_to_512():
    assert auto_ratio(1080, 1920) == pytest.approx(512 / 1920)
    assert auto_ratio(400, 300) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"model_name": "vgg"},
        {"downsample_ratio": "0"},
        {"downsample_ratio": "big"},
        {"composite_color": "1,2"},
        {"composite_color": "1,2,300"},
    ],
)
def test_bad_value_leaves_the_old_ones(bad):
    from infer_rvm.parameters import InferRvmParam

    parameters = InferRvmParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "sequence": "stream", **bad})
    assert parameters.get_values() == before


def test_half_precision_on_the_cpu_is_refused(task_of):
    workflow, task = task_of(precision="fp16", device="cpu")
    with pytest.raises(RuntimeError, match="precision=fp16 on the CPU"):
        run(workflow, task, frames(1)[0])


def test_official_weights_offline_say_what_to_do(task_of, tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("INFER_RVM_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", offline)
    workflow, task = task_of(model_weight_file="")
    with pytest.raises(RuntimeError, match=r"rvm_mobilenetv3\.pth.*model_weight_file"):
        run(workflow, task, frames(1)[0])


def test_an_error_page_is_not_kept_as_weights(tmp_path, monkeypatch):
    from infer_rvm import checkpoints

    monkeypatch.setenv("INFER_RVM_CACHE", str(tmp_path))
    monkeypatch.setattr(
        "pooch.retrieve", lambda url, known_hash, fname, path: (path / fname).write_text("404")
    )
    with pytest.raises(RuntimeError, match="3 bytes"):
        checkpoints.checkpoint_path("mobilenetv3", "")
    assert list(tmp_path.iterdir()) == []


def test_fast_guided_filter_takes_the_official_file(checkpoint):
    from pathlib import Path

    from infer_rvm.checkpoints import load_checkpoint

    load_checkpoint(MattingNetwork("mobilenetv3", "fast_guided_filter"), Path(checkpoint))
