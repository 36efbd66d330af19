"""Weights out of an ONNX export of the network itself, and the second source of them."""

import logging

import pytest
import torch

from infer_rvm import checkpoints
from infer_rvm.rvm_network import MattingNetwork
from tests.golden import loading


class Export(torch.nn.Module):
    """What the official export computes, at one ratio."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, src):
        return self.network(src, downsample_ratio=0.5)[:2]


@pytest.fixture(scope="module")
def network():
    network = MattingNetwork("mobilenetv3").eval()
    network.load_state_dict(
        loading.state_dict("rvm", "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json")
    )
    return network


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "rvm.onnx"
    torch.onnx.export(
        Export(network).eval(),
        (torch.rand(1, 3, 64, 96),),
        str(path),
        dynamo=False,
        opset_version=17,
    )
    return path


@pytest.mark.parametrize("refiner", ("deep_guided_filter", "fast_guided_filter"))
def test_an_export_mattes_as_the_network_does(network, exported, refiner):
    own, other = (MattingNetwork("mobilenetv3", refiner).eval() for _ in range(2))
    state = network.state_dict()
    own.load_state_dict({key: state[key] for key in own.state_dict()})
    checkpoints.load_checkpoint(other, exported)
    src = torch.rand(1, 3, 128, 96)
    with torch.inference_mode():
        for found, expected in zip(
            other(src, downsample_ratio=0.5), own(src, downsample_ratio=0.5), strict=True
        ):
            assert torch.allclose(found, expected, atol=1e-4)


def test_another_variant_is_refused(exported):
    with pytest.raises(ValueError, match=r"rvm\.onnx is no ONNX file of this network"):
        checkpoints.load_checkpoint(MattingNetwork("resnet50"), exported)


def test_the_second_source_serves_where_the_first_is_not_reached(monkeypatch, tmp_path, caplog):
    asked = []

    def retrieve(url, known_hash, fname, path):
        asked.append((url, known_hash))
        if url.endswith(".pth"):
            raise ConnectionError("no route to host")
        (path / fname).write_bytes(b"weights")

    monkeypatch.setenv("INFER_RVM_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", retrieve)
    with caplog.at_level(logging.WARNING):
        path = checkpoints.checkpoint_path("mobilenetv3", "")
    assert path.name == "robust_video_matting_mobilenetv3.onnx"
    assert asked[1][1] == checkpoints.ONNX_CHECKSUM and len(checkpoints.ONNX_CHECKSUM) == 7 + 96
    assert "no route to host" in caplog.text and "second source" in caplog.text
    # Once it is there, nobody waits for the first again.
    asked.clear()
    checkpoints.checkpoint_path("mobilenetv3", "")
    assert [url for url, _ in asked] == [checkpoints.ONNX_URL]


def test_neither_source_names_both(monkeypatch, tmp_path):
    def retrieve(url, known_hash, fname, path):
        raise ConnectionError("no route to host")

    monkeypatch.setenv("INFER_RVM_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", retrieve)
    with pytest.raises(RuntimeError, match=r"rvm_mobilenetv3\.pth.*second source.*\.onnx"):
        checkpoints.checkpoint_path("mobilenetv3", "")
    with pytest.raises(RuntimeError, match=r"rvm_resnet50\.pth"):
        checkpoints.checkpoint_path("resnet50", "")
