"""mode=network: the original's topology, keys and input, and what is refused."""

import numpy as np
import pytest
import torch

from development.synthetic.scenes import make_flow_scene
from infer_flow_matting.checkpoints import load_network
from infer_flow_matting.flow_matting_engine import DisFlow
from infer_flow_matting.flow_matting_engine.stream import FlowMattingStream
from infer_flow_matting.matte_files import SourceFiles
from infer_flow_matting.sessions import NetworkSession
from plugin_kit.flow.checkpoint import FORMAT
from plugin_kit.flow.network import LEGACY_TENSORS, FlowMattingNetwork, legacy_input

# Written out from the description of the original's checkpoints, not from this code.
LEVELS = {
    "unet.down_path.0.block.0": (64, 4, 3, 3),
    "unet.down_path.0.block.2": (64, 64, 3, 3),
    "unet.down_path.1.block.0": (128, 64, 3, 3),
    "unet.down_path.1.block.2": (128, 128, 3, 3),
    "unet.down_path.2.block.0": (256, 128, 3, 3),
    "unet.down_path.2.block.2": (256, 256, 3, 3),
    "unet.up_path.0.up.1": (128, 256, 1, 1),
    "unet.up_path.0.conv_block.block.0": (128, 256, 3, 3),
    "unet.up_path.0.conv_block.block.2": (128, 128, 3, 3),
    "unet.up_path.1.up.1": (64, 128, 1, 1),
    "unet.up_path.1.conv_block.block.0": (64, 128, 3, 3),
    "unet.up_path.1.conv_block.block.2": (64, 64, 3, 3),
    "unet.last": (1, 64, 1, 1),
}


@pytest.fixture(scope="module")
def state():
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in LEVELS.items():
        scale = (2 / np.prod(shape[1:])) ** 0.5
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) * scale
        state[f"{name}.bias"] = torch.randn(shape[0], generator=generator) * 0.05
    return state


@pytest.fixture
def checkpoint(state, tmp_path):
    torch.save(state, tmp_path / "CP_epoch6.pth")
    return tmp_path / "CP_epoch6.pth"


@pytest.fixture(scope="module")
def frames():
    return make_flow_scene("moving", frames=3).frames[:, :98, :126]


def by_hand(state, inputs):
    """The original's forward in plain function calls, (1, 4, H, W) to logits (1, 1, H, W)."""
    conv, functional = torch.nn.functional.conv2d, torch.nn.functional

    def block(x, name):
        for layer in (0, 2):
            weight, bias = (state[f"unet.{name}.block.{layer}.{k}"] for k in ("weight", "bias"))
            x = conv(x, weight, bias, padding=1).relu()
        return x

    def up(x, skip, level):
        x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        name = f"unet.up_path.{level}.up.1"
        x = conv(x, state[f"{name}.weight"], state[f"{name}.bias"])
        return block(torch.cat([x, skip], 1), f"up_path.{level}.conv_block")

    first = block(inputs, "down_path.0")
    second = block(functional.max_pool2d(first, 2), "down_path.1")
    third = block(functional.max_pool2d(second, 2), "down_path.2")
    x = up(up(third, second, 0), first, 1)
    return conv(x, state["unet.last.weight"], state["unet.last.bias"])


def test_the_originals_checkpoint_loads_strictly(state, checkpoint):
    trained = load_network(checkpoint)
    assert trained.inputs == "legacy"
    own = trained.network.state_dict()
    assert len(own) == LEGACY_TENSORS == len(state) == 26
    assert sum(value.numel() for value in own.values()) == 1_740_545
    assert all(torch.equal(own[key], value) for key, value in state.items())
    inputs = torch.rand(1, 4, 24, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = trained.network.eval()(inputs)
    torch.testing.assert_close(found, by_hand(state, inputs), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("change", ["missing", "added", "renamed", "shape", "bare"])
def test_anything_else_is_refused(state, tmp_path, change):
    state = dict(state)
    if change == "missing":
        del state["unet.last.bias"]
    elif change == "added":
        state["unet.extra"] = torch.zeros(1)
    elif change == "renamed":
        state["unet.final.bias"] = state.pop("unet.last.bias")
    elif change == "shape":
        state["unet.last.bias"] = torch.zeros(2)
    else:
        state = {key.removeprefix("unet."): value for key, value in state.items()}
    torch.save(state, tmp_path / "bad.pth")
    with pytest.raises(ValueError, match=r"bad\.pth does not fit"):
        load_network(tmp_path / "bad.pth")


def test_files_that_are_no_checkpoints_are_named(tmp_path):
    (tmp_path / "page.pth").write_text("<html>404</html>")
    with pytest.raises(ValueError, match=r"page\.pth is not a PyTorch checkpoint"):
        load_network(tmp_path / "page.pth")
    with pytest.raises(FileNotFoundError, match="absent"):
        load_network(tmp_path / "absent.pth")


@pytest.mark.parametrize(
    "changes",
    [
        {"width": "x"},
        {"width": 12},
        {"width": 16},
        {"width": True},
        {"width": 8_000_000},
        {"uses_matte": None},
        {"uses_matte": False},
        {"state_dict": None},
        {"state_dict": {7: torch.zeros(1)}},
        {"state_dict": {"unet.last.weight": torch.zeros(())}},
    ],
)
def test_damaged_checkpoints_of_our_own_are_named(tmp_path, changes):
    network = FlowMattingNetwork(7, 8, normalised=True)
    content = {"format": FORMAT, "width": 8, "uses_matte": True}
    torch.save({**content, "state_dict": network.state_dict(), **changes}, tmp_path / "best.pth")
    with pytest.raises(ValueError, match=r"best\.pth"):
        load_network(tmp_path / "best.pth")


@pytest.mark.parametrize("content", [[torch.zeros(1)], True, {}, {7: torch.zeros(1)}, {"a": 1}])
def test_files_of_something_else_are_named(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth"):
        load_network(tmp_path / "other.pth")


def test_a_pickle_that_runs_code_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").write_text, ("yes",))

    torch.save({"unet.last.bias": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(ValueError, match="read safely"):
        load_network(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_the_network_is_fed_as_it_was_trained(state, checkpoint, frames):
    stream, flow = FlowMattingStream(load_network(checkpoint)), DisFlow()
    for index, frame in enumerate(frames):
        # The first frame is compared with itself: no motion.
        moved = flow(frames[index - 1], frame) if index else np.zeros((98, 126, 2), np.float32)
        inputs = legacy_input(frame, moved)
        inputs = torch.nn.functional.pad(inputs, (0, 2, 0, 2), mode="replicate")
        expected = by_hand(state, inputs).sigmoid()[0, 0, :98, :126]
        np.testing.assert_allclose(stream(frame).alpha, expected, atol=1e-4)
    stream.reset()
    again = FlowMattingStream(load_network(checkpoint))(frames[1]).alpha
    np.testing.assert_array_equal(stream(frames[1]).alpha, again)


@pytest.mark.parametrize("uses_matte", [True, False])
def test_own_checkpoints_load_and_a_matte_is_corrected(tmp_path, frames, uses_matte):
    network = FlowMattingNetwork(6 + uses_matte, 8, normalised=True)
    torch.nn.init.zeros_(network.unet.last.weight)
    torch.nn.init.zeros_(network.unet.last.bias)
    content = {"format": FORMAT, "width": 8, "uses_matte": uses_matte}
    torch.save({**content, "state_dict": network.state_dict()}, tmp_path / "best.pth")
    stream = FlowMattingStream(load_network(tmp_path / "best.pth"), long_side=126)
    coarse = np.linspace(0, 1, 98 * 126, dtype=np.float32).reshape(98, 126)
    alpha = stream(frames[0], coarse).alpha
    np.testing.assert_allclose(alpha, coarse if uses_matte else 0.5, atol=1e-6)
    if uses_matte:
        with pytest.raises(ValueError, match="needs one"):
            stream(frames[0])


def test_large_pictures_are_seen_small(checkpoint, frames):
    def shift(first, second):
        assert first.shape == second.shape == (50, 64, 3)
        return np.full((50, 64, 2), (1, 2), np.float32)

    stream = FlowMattingStream(load_network(checkpoint), shift, long_side=64)
    stream(frames[0])
    matte = stream(frames[1])
    assert matte.alpha.shape == (98, 126)
    assert matte.alpha.min() >= 0 and matte.alpha.max() <= 1
    # The flow is told in pixels of the frame, as in mode=refine.
    np.testing.assert_allclose(matte.flow[49, 63], (126 / 64, 2 * 98 / 50), rtol=1e-6)
    assert matte.flow.shape == (98, 126, 2)


def test_a_repeated_frame_keeps_its_matte(checkpoint, frames):
    """Ikomia repeats the last frame where a header promises more; it has moved all the same."""
    session = NetworkSession(FlowMattingStream(load_network(checkpoint)))
    session.begin(SourceFiles())
    results = [session.advance(frames[i], None, s) for i, s in ((0, 1), (1, 1), (1, 0))]
    assert [result.begins for result in results] == [True, False, False]
    assert results[1].flow.any()
    np.testing.assert_array_equal(results[2].alpha, results[1].alpha)


def test_the_task_runs_the_network(workflow_of, checkpoint, frames):
    workflow, (task,) = workflow_of("infer_flow_matting")
    task.set_parameters(
        {"mode": "network", "model_weight_file": str(checkpoint), "sequence": "stream"}
    )
    stream = FlowMattingStream(load_network(checkpoint))
    for index, frame in enumerate(frames):
        workflow.set_image_input(array=np.ascontiguousarray(frame), index=0)
        if index == 0:
            workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        workflow.run()
        found = task.get_output(3).get_array()
        np.testing.assert_allclose(found, stream(np.ascontiguousarray(frame)).alpha, atol=1e-5)
