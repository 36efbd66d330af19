"""The plugin through the real Ikomia API, with seeded weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.golden import loading, recipe

NAME = "infer_background_matting"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "seeded.pth"
    torch.save(loading.state_dict("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json"), path)
    return str(path)


@pytest.fixture
def task_of(workflow_of, checkpoint):
    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        defaults = {"model_weight_file": checkpoint, "cuda": "cpu", "background_check": "off"}
        task.set_parameters({**defaults, **{k: str(v) for k, v in parameters.items()}})
        return workflow, task

    return build


def run(workflow, *images):
    for index, image in enumerate(images):
        workflow.set_image_input(array=image, index=index)
    task = workflow.find_task(NAME, 0)
    if not workflow.get_in_edges(workflow.get_task_id(task)):
        edges = [(index, index) for index in range(len(images))]
        workflow.connect_tasks(workflow.root(), task, edges)
    workflow.run()


def scene(height=96, width=128):
    return recipe.image("scene", height, width), recipe.image("plate", height, width)


def test_outputs_come_in_the_published_order(task_of):
    workflow, task = task_of()
    source, plate = scene()
    new = recipe.image("new", 96, 128)
    run(workflow, source, plate, new)
    images = [task.get_output(i).get_image() for i in range(4)]
    composite, alpha, foreground, error = (np.squeeze(image) for image in images)
    exact = task.get_output(4).get_array()
    assert composite.shape == foreground.shape == (96, 128, 3)
    assert alpha.shape == error.shape == exact.shape == (96, 128)
    assert exact.dtype == np.float32
    np.testing.assert_allclose(alpha, exact * 255, atol=0.51)
    blended = foreground * exact[..., None] + new * (1 - exact[..., None])
    assert np.abs(composite - blended).max() <= 1.5


def test_foreground_is_the_picture_s_carried_on_or_the_network_s(task_of):
    from plugin_kit.foreground import extend_foreground

    source, plate = scene()
    found = {}
    for kind in ("extended", "network"):
        workflow, task = task_of(foreground=kind)
        run(workflow, source, plate)
        found[kind] = task.get_output(2).get_image()
    alpha = task.get_output(4).get_array()
    assert np.array_equal(found["extended"], extend_foreground(source, alpha))
    assert not np.array_equal(found["extended"], found["network"])


def test_without_a_new_background_the_composite_carries_alpha(task_of):
    workflow, task = task_of()
    run(workflow, *scene())
    composite = task.get_output(0).get_image()
    alpha = np.squeeze(task.get_output(1).get_image())
    assert composite.shape == (96, 128, 4)
    np.testing.assert_array_equal(composite[..., 3], alpha)


def test_foreground_is_hidden_where_alpha_is_zero():
    from plugin_kit.pictures import cut_out

    alpha = np.float32([[0, 0.001, 0.5, 1]])
    picture = cut_out(np.full((1, 4, 3), 200, np.uint8), alpha)
    np.testing.assert_array_equal(picture[0, :, 0], [0, 200, 200, 200])
    np.testing.assert_array_equal(picture[0, :, 3], [0, 0, 128, 255])


@pytest.mark.parametrize("size", [(95, 127), (33, 50)])
def test_any_size_is_kept(task_of, size):
    workflow, task = task_of()
    run(workflow, *scene(*size))
    assert task.get_output(4).get_array().shape == size


@pytest.mark.parametrize("mode", ["sampling", "full"])
def test_alpha_alone_is_the_same_and_the_rest_stays_empty(task_of, mode):
    workflow, task = task_of(model_refine_mode=mode)
    run(workflow, *scene(33, 50))
    expected = task.get_output(4).get_array().copy()
    task.set_parameters({"outputs": "alpha"})
    run(workflow, *scene(33, 50))
    np.testing.assert_array_equal(task.get_output(4).get_array(), expected)
    assert not any(task.get_output(port).is_data_available() for port in (0, 2, 3))
    np.testing.assert_allclose(
        np.squeeze(task.get_output(1).get_image()), expected * 255, atol=0.51
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"model_type": "mattingbase"},
        {"model_refine_mode": "full"},
        {"model_refine_mode": "thresholding", "model_refine_threshold": 0.2},
        {"model_backbone_scale": 0.3},
    ],
)
def test_every_mode_runs(task_of, parameters):
    workflow, task = task_of(**parameters)
    run(workflow, *scene())
    assert np.isfinite(task.get_output(4).get_array()).all()


def test_cellwise_and_plain_paths_agree(checkpoint):
    from infer_background_matting.bgm_network import MattingRefine
    from infer_background_matting.bgm_network.matting import CellwiseMatting, PlainMatting

    network = MattingRefine("mobilenetv2", refine_sample_pixels=4000).eval()
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    source, plate = scene(128, 192)
    plain = PlainMatting(network, torch.device("cpu"), torch.float32)(source, plate)
    fast = CellwiseMatting(network)(source, plate)
    np.testing.assert_allclose(fast.alpha, plain.alpha, atol=1e-4)
    np.testing.assert_allclose(fast.error, plain.error, atol=1e-4)
    assert np.abs(fast.foreground.astype(int) - plain.foreground).max() <= 1


def test_other_refining_reads_no_weights_again(task_of, tmp_path, checkpoint):
    copy = tmp_path / "copy.pth"
    copy.write_bytes(Path(checkpoint).read_bytes())
    workflow, task = task_of(model_weight_file=copy, model_refine_mode="full")
    run(workflow, *scene())
    copy.unlink()
    changed = {"model_refine_mode": "thresholding", "model_refine_threshold": 0.1}
    task.set_parameters({key: str(value) for key, value in changed.items()})
    run(workflow, *scene())
    fresh_workflow, fresh = task_of(**changed)
    run(fresh_workflow, *scene())
    np.testing.assert_array_equal(task.get_output(4).get_array(), fresh.get_output(4).get_array())


def test_the_source_as_its_own_background_is_refused(workflow_of, checkpoint):
    workflow, (task,) = workflow_of(NAME)
    task.set_parameters({"model_weight_file": checkpoint, "cuda": "cpu"})
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (0, 1)])
    with pytest.raises(RuntimeError, match="very buffer"):
        run(workflow, scene()[0])


def test_missing_background_is_refused(task_of):
    workflow, _ = task_of()
    with pytest.raises(RuntimeError, match="input 1"):
        run(workflow, scene()[0])


def test_background_of_another_scene_is_refused(task_of):
    rng = np.random.default_rng(0)
    source = np.kron(rng.integers(0, 255, (24, 32, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    other = np.kron(rng.integers(0, 255, (24, 32, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    workflow, _ = task_of(background_check="refuse")
    run(workflow, source, source.copy())
    with pytest.raises(RuntimeError, match="does not look like the scene"):
        run(workflow, source, other)


def test_background_of_another_size_is_resized(task_of):
    workflow, task = task_of()
    run(workflow, scene()[0], recipe.image("plate", 48, 64))
    assert task.get_output(4).get_array().shape == (96, 128)


@pytest.mark.parametrize(
    "bad", [{"model_type": "vgg"}, {"model_refine_threshold": "2"}, {"model_backbone_scale": "x"}]
)
def test_bad_value_leaves_the_old_ones(bad):
    from infer_background_matting.parameters import InferBackgroundMattingParam

    parameters = InferBackgroundMattingParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "model_refine_pixels": "5", **bad})
    assert parameters.get_values() == before


def test_defaults_survive_ikomias_code_generation():
    import re

    from infer_background_matting.parameters import InferBackgroundMattingParam

    for value in InferBackgroundMattingParam().get_values().values():
        assert re.fullmatch(r"[A-Za-z0-9_.,+\-/ ]*", value)


def test_official_weights_offline_say_what_to_do(task_of, tmp_path, monkeypatch):
    monkeypatch.setenv("INFER_BACKGROUND_MATTING_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", _offline)
    workflow, _ = task_of(model_weight_file="")
    with pytest.raises(RuntimeError, match="model_weight_file"):
        run(workflow, *scene())


def _offline(*_, **__):
    raise OSError("no network")


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A download that writes ``content``; what it was asked to verify is listed."""
    from infer_background_matting import checkpoints

    monkeypatch.setenv("INFER_BACKGROUND_MATTING_CACHE", str(tmp_path))
    monkeypatch.setitem(checkpoints.LEAST_BYTES, "mobilenetv2", 10)
    download = {"content": b"", "asked": []}

    def retrieve(url, known_hash, fname, path):
        download["asked"].append(known_hash)
        (path / fname).write_bytes(download["content"])

    monkeypatch.setattr("pooch.retrieve", retrieve)
    return download


def test_a_recorded_checksum_is_verified(served, checkpoint):
    from infer_background_matting import checkpoints

    served["content"] = Path(checkpoint).read_bytes()
    checkpoints.checkpoint_path("official", "mobilenetv2", "")
    checkpoints.checkpoint_path("official", "mobilenetv2", "")
    assert served["asked"][0] is None
    assert served["asked"][1].startswith("sha256:")


def test_a_download_that_is_no_checkpoint_is_neither_kept_nor_recorded(served, tmp_path):
    from infer_background_matting import checkpoints

    served["content"] = b"<html>sign in</html>"
    with pytest.raises(RuntimeError, match="not the checkpoint of mobilenetv2"):
        checkpoints.checkpoint_path("official", "mobilenetv2", "")
    assert not list(tmp_path.glob("pytorch_*"))


def test_a_wrong_checkpoint_is_refused_by_name(tmp_path):
    from infer_background_matting.bgm_network import MattingRefine
    from infer_background_matting.checkpoints import load_checkpoint

    html = tmp_path / "page.pth"
    html.write_text("<html>sign in</html>")
    with pytest.raises(ValueError, match=r"page\.pth"):
        load_checkpoint(MattingRefine("mobilenetv2"), html)
    other = tmp_path / "other.pth"
    torch.save({"a": torch.zeros(1)}, other)
    with pytest.raises(ValueError, match=r"other\.pth does not fit"):
        load_checkpoint(MattingRefine("mobilenetv2"), other)


@pytest.mark.parametrize(
    ("old", "device"),
    [("cuda", "auto"), ("True", "auto"), ("1", "auto"), ("cpu", "cpu"), ("False", "cpu")],
)
def test_the_old_name_of_the_device_is_taken(workflow_of, old, device):
    """``cuda`` ran on the CPU where there was no CUDA, as ``auto`` does now."""
    _, (task,) = workflow_of(NAME)
    task.set_parameters({"cuda": old})
    assert task.get_param_object().settings.device == device
    assert task.get_parameters()["cuda"] == ""


def test_a_device_that_is_not_there_is_refused(task_of):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    workflow, _ = task_of(cuda="", device="cuda")
    with pytest.raises(RuntimeError, match="device=cuda, but PyTorch sees no CUDA device"):
        run(workflow, *scene())
