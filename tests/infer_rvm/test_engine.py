"""Which engine mattes, and that OpenVINO's mattes are PyTorch's."""

import logging
import sys

import numpy as np
import pytest
import torch

from infer_rvm import infer_rvm_process
from infer_rvm.infer_rvm_kit import openvino_engine
from infer_rvm.parameters import InferRvmParam
from infer_rvm.rvm_network import MattingNetwork, MattingStream, openvino_step
from tests.golden import loading, recipe


@pytest.fixture(scope="module")
def network():
    network = MattingNetwork("mobilenetv3")
    keys = "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json"
    network.load_state_dict(loading.state_dict("rvm", keys))
    return network.eval()


@pytest.fixture
def sizes(monkeypatch):
    """Put the network that is to be converted in OpenVINO's place; the sizes that it got."""
    used = []

    class Unconverted:
        def __init__(self, network, *example):
            self._network, self._example = network, [x.shape for x in example]

        def __call__(self, *inputs):
            assert [x.shape for x in inputs] == self._example
            used.append(tuple(inputs[0].shape[2:]))
            return self._network(*inputs)

    monkeypatch.setattr(openvino_step, "OpenVinoNetwork", Unconverted)
    return used


@pytest.fixture
def engines(monkeypatch):
    """The engine and the pictures before it that the parameters choose."""

    def choose(there=True, **given):
        package = type("Package", (), {"convert_model": None, "Core": None, "__spec__": object()})
        monkeypatch.setitem(sys.modules, "openvino", package if there else None)
        openvino_engine._is_usable.cache_clear()
        monkeypatch.setattr(infer_rvm_process, "stream_of", lambda *_, **chosen: chosen)
        parameters = InferRvmParam()
        parameters.set_values({**parameters.get_values(), "device": "cpu", **given})
        task = infer_rvm_process.InferRvm("infer_rvm", parameters)
        chosen = task._matting()
        return chosen["engine"], chosen["pictures_before_openvino"]

    yield choose
    openvino_engine._is_usable.cache_clear()


def pictures(*shapes):
    return [recipe.image(f"rvmE{index}", *shape) for index, shape in enumerate(shapes)]


def assert_same(streams, images, ratio):
    for image in images:
        fast, expected = (stream(image, ratio) for stream in streams)
        np.testing.assert_allclose(fast.alpha, expected.alpha, atol=1e-4)
        assert np.abs(fast.foreground.astype(int) - expected.foreground).max() <= 1


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, ("openvino", infer_rvm_process.WORTHWHILE)),
        ({"engine": "openvino"}, ("openvino", 1)),
        ({"engine": "openvino", "model_name": "resnet50"}, ("openvino", 1)),
        ({"model_name": "resnet50"}, ("torch", infer_rvm_process.WORTHWHILE)),
        ({"there": False}, ("torch", infer_rvm_process.WORTHWHILE)),
    ],
)
def test_auto_is_openvino_where_it_is_and_wins(engines, given, chosen):
    assert engines(**given) == chosen


def test_openvino_that_is_asked_for_and_missing_is_an_error(engines):
    with pytest.raises(ImportError, match=r"engine=openvino needs.*pip install openvino"):
        engines(there=False, engine="openvino")


def test_openvino_computes_in_float32_on_the_cpu(network):
    with pytest.raises(ValueError, match=r"engine=openvino.*float16.*precision=fp32"):
        MattingStream(network, "cuda", torch.float16, engine="openvino")


def test_states_are_kept_and_forgotten_as_without(network, sizes):
    streams = [MattingStream(network, engine=engine) for engine in ("openvino", "torch")]
    for ratio in (0.5, 1):
        assert_same(streams, pictures(*[(34, 46)] * 3), ratio)
        for stream in streams:
            stream.reset()
        assert_same(streams, pictures((34, 46)), ratio)
    # All but the first of each ratio: after that the states' sizes are known.
    assert sizes == [(17, 23)] * 3 + [(34, 46)] * 3


def test_a_size_has_to_last_before_openvino_is_set_up(network, sizes, caplog):
    stream = MattingStream(network, engine="openvino", pictures_before_openvino=2)
    small, large = (32, 40), (40, 48)
    with caplog.at_level(logging.INFO, logger=openvino_step.__name__):
        for image in pictures(small, large, large, *[small] * 4):
            stream(image, 0.5)
    assert sizes == [(16, 20)] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "Robust Video Matting goes on by OpenVINO at 20x16 pixels"
    ]


def test_openvino_mattes_as_pytorch_does(network):
    pytest.importorskip("openvino", reason="OpenVINO is not installed (pip install openvino)")
    streams = [MattingStream(network, engine=engine) for engine in ("openvino", "torch")]
    # At the small size, 38x52, odd from a quarter on.
    images = pictures(*[(95, 131)] * 3)
    assert_same(streams, images, 0.4)
    for stream in streams:
        stream.reset()
    assert_same(streams, images[:2], 0.4)
