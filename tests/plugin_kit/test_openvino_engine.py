"""Which engine a network gets with OpenVINO there and without, and what OpenVINO makes of one."""

import logging
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from plugin_kit import openvino_engine
from plugin_kit.openvino_engine import OpenVinoNetwork, engine_of


@pytest.fixture
def package(monkeypatch):
    """Put something in OpenVINO's place; None: it is not installed."""

    def put(module):
        monkeypatch.setitem(sys.modules, "openvino", module)
        openvino_engine._is_usable.cache_clear()

    yield put
    openvino_engine._is_usable.cache_clear()


def stand_in(**content):
    return SimpleNamespace(__spec__=object(), **content)


WHOLE = {"convert_model": None, "Core": None}


@pytest.mark.parametrize(
    ("wanted", "device", "there", "engine"),
    [
        ("auto", "cpu", True, "openvino"),
        ("auto", "cpu", False, "torch"),
        ("auto", "cuda", True, "torch"),
        ("torch", "cpu", True, "torch"),
        ("torch", "cuda", False, "torch"),
        ("openvino", "cpu", True, "openvino"),
    ],
)
def test_engine_follows_the_parameter_the_device_and_the_package(
    package, wanted, device, there, engine
):
    package(stand_in(**WHOLE) if there else None)
    assert engine_of(wanted, device) == engine


def test_asked_for_and_missing_is_an_error_with_the_line_for_pip(package):
    package(None)
    with pytest.raises(ImportError, match=r"engine=openvino needs.*pip install openvino, or set"):
        engine_of("openvino", "cpu")


def test_a_graphics_card_is_refused(package):
    package(stand_in(**WHOLE))
    with pytest.raises(ValueError, match=r"engine=openvino runs on the CPU.*device is cuda"):
        engine_of("openvino", "cuda")


def test_a_package_that_is_too_old_is_passed_over_with_a_warning(package, caplog):
    package(stand_in(Core=None))
    with caplog.at_level(logging.WARNING):
        assert [engine_of("auto", "cpu") for _ in range(2)] == ["torch", "torch"]
    (record,) = caplog.records
    assert "pip install --upgrade openvino" in record.getMessage()
    with pytest.raises(ImportError, match="too old"):
        engine_of("openvino", "cpu")


def test_openvino_gives_what_torch_gives_at_every_size():
    pytest.importorskip("openvino", reason="OpenVINO is not installed (pip install openvino)")
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(8, 4, 1)).eval()
    fast = OpenVinoNetwork(network, torch.zeros(1, 3, 9, 9))
    for shape in ((1, 3, 16, 20), (3, 3, 16, 20), (2, 3, 9, 11)):
        x = torch.randn(shape).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            torch.testing.assert_close(fast(x)[0], network(x), atol=1e-5, rtol=1e-5)
            (first,) = fast(x)
            fast(x + 1)
            # Results outlive the next call.
            torch.testing.assert_close(first, network(x), atol=1e-5, rtol=1e-5)
