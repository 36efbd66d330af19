"""Weights out of ONNX exports that torch makes, and out of files that are damaged."""

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import nn

from plugin_kit.files import FileError
from plugin_kit.onnx_file import read_convolutions
from plugin_kit.onnx_weights import convolution_uses, is_onnx, read_onnx_state
from plugin_kit.weights import load_state


class Small(nn.Module):
    """Branches that are registered in another order than they are used in, one used twice."""

    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(6, 2, 1)
        self.first = nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.box = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)

    def forward(self, x):
        x = self.first(x)
        return self.last(self.box(self.box(x)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = Small().eval()
    norm = network.first[1]
    with torch.no_grad():
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.5, 2)
        norm.weight.uniform_(0.5, 2)
        norm.bias.uniform_(-1, 1)
    return network


def export(network, path, **options):
    torch.onnx.export(network, (torch.zeros(1, 3, 9, 9),), str(path), dynamo=False, **options)
    return path


def run(network):
    network(torch.zeros(1, 3, 9, 9))


def loaded(path):
    network = Small().eval()
    load_state(network, read_onnx_state(network, run, path, parameters="size"), path, parameters="")
    return network


def test_uses_stand_in_the_order_of_execution(network):
    assert convolution_uses(network, run) == ["first.0", "box", "box", "last"]
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize("folding", (True, False))
def test_an_export_gives_the_network_back(network, tmp_path, folding):
    path = export(
        network,
        tmp_path / "a.onnx",
        do_constant_folding=folding,
        training=torch.onnx.TrainingMode.EVAL if folding else torch.onnx.TrainingMode.PRESERVE,
    )
    x = torch.rand(2, 3, 9, 9)
    with torch.inference_mode():
        assert torch.allclose(loaded(path)(x), network(x), atol=1e-6)


def graph(tensors, nodes):
    model = helper.make_model(helper.make_graph(nodes, "g", [], [], tensors))
    return model.SerializeToString()


@pytest.mark.parametrize("kind", (np.float16, np.float32, np.float64))
@pytest.mark.parametrize("listed", (True, False))
def test_every_form_of_a_weight(tmp_path, kind, listed):
    weight = np.arange(8).reshape(2, 4, 1, 1).astype(kind)
    if listed and kind != np.float16:
        code = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        tensor = helper.make_tensor("w", code, weight.shape, weight.ravel().tolist())
    else:
        tensor = numpy_helper.from_array(weight, "w")
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    constant = helper.make_node("Constant", [], ["w"], value=tensor)
    for content in (graph([tensor], [node]), graph([], [constant, node])):
        path = tmp_path / "a.onnx"
        path.write_bytes(content)
        (found,) = read_convolutions(path, 1)
        assert found.weight.dtype == np.float32 and np.array_equal(found.weight, weight)
        assert np.array_equal(found.bias, np.zeros(2))


def test_another_network_is_told_by_name_and_shape(network, tmp_path):
    path = export(network, tmp_path / "a.onnx")
    other = Small()
    other.last = nn.Conv2d(6, 3, 1)
    with pytest.raises(FileError, match=r"a\.onnx does not fit .*\(size\): last\.weight is \(2, 6"):
        read_onnx_state(other, run, path, parameters="size")
    with pytest.raises(FileError, match=r"a\.onnx .*has 4 convolutions, and this network 1\): get"):
        read_onnx_state(
            nn.Conv2d(3, 6, 3), lambda n: n(torch.zeros(1, 3, 9, 9)), path, parameters=""
        )


def test_weights_in_another_file_are_told(network, tmp_path):
    path = export(network, tmp_path / "a.onnx")
    onnx.save_model(
        onnx.load(path), path, save_as_external_data=True, size_threshold=0, location="b.bin"
    )
    with pytest.raises(FileError, match=r"lie in another file\): get it again, or export"):
        read_convolutions(path, 4)


def test_every_damage_is_a_file_error(network, tmp_path):
    path = export(network, tmp_path / "a.onnx")
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"<html>", b"\xff" * 40, content[: len(content) // 2], content[:-3]]
    for _ in range(200):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), 4):
            changed[place] = rng.integers(0, 256)
        damaged.append(bytes(changed))
    refused = 0
    for one in damaged:
        path.write_bytes(one)
        try:
            read_onnx_state(Small(), run, path, parameters="size")
        except FileError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused >= 5


def test_only_the_ending_counts(tmp_path):
    assert is_onnx(tmp_path / "A.ONNX") and not is_onnx(tmp_path / "a.pth")
    with pytest.raises(FileNotFoundError):
        read_convolutions(tmp_path / "none.onnx", 1)
