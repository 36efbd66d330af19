"""Weights out of an ONNX export of the network itself, and the second source of them."""

import logging
import sys

import pytest
import torch

from development.benchmarks import peers
from development.benchmarks.runtimes import gathered_patches
from infer_background_matting import checkpoints
from infer_background_matting.bgm_network import MattingBase, MattingRefine
from infer_background_matting.infer_background_matting_kit.bgmv2.refiner import crop_patches
from tests.golden import loading


class Export(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, src, bgr):
        return tuple(self.network(src, bgr)[:2])


def export(network, folder):
    path = folder / "bgm.onnx"
    example = (torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64))
    torch.onnx.export(Export(network).eval(), example, str(path), dynamo=False, opset_version=17)
    return path


@pytest.fixture(scope="module")
def network():
    network = MattingRefine("mobilenetv2", refine_mode="full").eval()
    network.load_state_dict(loading.state_dict("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json"))
    return network


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory):
    return export(network, tmp_path_factory.mktemp("onnx"))


def test_an_export_mattes_as_the_network_does(network, exported):
    other = MattingRefine("mobilenetv2", refine_mode="full").eval()
    checkpoints.load_checkpoint(other, exported)
    src, bgr = torch.rand(2, 1, 3, 96, 128)
    with torch.inference_mode():
        for found, expected in zip(other(src, bgr), network(src, bgr), strict=True):
            assert torch.allclose(found, expected, atol=1e-4)


def test_the_coarse_network_takes_its_own_export_and_the_refined_one_s(network, exported, tmp_path):
    base = MattingBase("mobilenetv2").eval()
    state = network.state_dict()
    base.load_state_dict({key: state[key] for key in base.state_dict()})
    src, bgr = torch.rand(2, 1, 3, 96, 128)
    for path in (exported, export(base, tmp_path)):
        other = MattingBase("mobilenetv2").eval()
        checkpoints.load_checkpoint(other, path)
        with torch.inference_mode():
            for found, expected in zip(other(src, bgr), base(src, bgr), strict=True):
                assert torch.allclose(found, expected, atol=1e-4)


def test_another_backbone_is_refused(exported):
    with pytest.raises(ValueError, match=r"bgm\.onnx is no ONNX file of this network"):
        checkpoints.load_checkpoint(MattingRefine("resnet50"), exported)


def test_the_second_source_serves_where_the_first_is_not_reached(monkeypatch, tmp_path, caplog):
    asked = []

    def retrieve(url, known_hash, fname, path):
        asked.append((url, known_hash))
        if "drive" in url:
            raise ConnectionError("no route to host")
        (path / fname).write_bytes(b"weights")

    monkeypatch.setenv("INFER_BACKGROUND_MATTING_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", retrieve)
    with caplog.at_level(logging.WARNING):
        path = checkpoints.checkpoint_path("official", "mobilenetv2", "")
    assert path.name == "bgm_mobilenetv2.onnx"
    assert asked[-1] == (checkpoints.ONNX_URL, checkpoints.ONNX_CHECKSUM)
    assert len(checkpoints.ONNX_CHECKSUM) == 7 + 96
    assert "no route to host" in caplog.text and "second source" in caplog.text


def test_what_the_benchmark_exports_cuts_the_same_patches():
    """ONNX has no windows; the benchmark's peers get the network with an index instead."""
    x = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    index = tuple(torch.tensor(places) for places in ([0, 1, 1], [0, 3, 1], [5, 0, 2]))
    for cell, padding in ((4, 2), (2, 3)):
        found = gathered_patches(index, x, cell, padding)
        assert found.shape == (3, 3, cell + 2 * padding, cell + 2 * padding)
        assert torch.equal(found, crop_patches(index, x, cell, padding))


def test_a_benchmark_without_onnx_is_told_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError) as missing:
        peers.export(None, [], tmp_path / "a.onnx", inputs=[], outputs=[])
    assert missing.value.name == "onnx"
