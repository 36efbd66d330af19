"""Devices and number formats: what is asked for, what the machine allows."""

import logging

import pytest
import torch

from plugin_kit.device import device_of, dtype_of


@pytest.fixture(params=[True, False], ids=["with CUDA", "without CUDA"])
def has_cuda(request, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param)
    return request.param


def test_auto_takes_cuda_where_there_is_some(has_cuda):
    assert device_of("auto") == ("cuda" if has_cuda else "cpu")


def test_the_cpu_is_always_there(has_cuda):
    assert device_of("cpu") == "cpu"


def test_cuda_that_is_missing_is_refused(has_cuda):
    if has_cuda:
        assert device_of("cuda") == "cuda"
    else:
        with pytest.raises(ValueError, match="device=cuda.*use auto or cpu"):
            device_of("cuda")


@pytest.mark.parametrize(
    ("precision", "device", "expected"),
    [
        ("auto", "cpu", torch.float32),
        ("auto", "cuda", torch.float16),
        ("fp32", "cpu", torch.float32),
        ("fp32", "cuda", torch.float32),
        ("fp16", "cuda", torch.float16),
        ("bf16", "cuda", torch.bfloat16),
    ],
)
def test_precision_names_a_number_format(precision, device, expected):
    assert dtype_of(precision, device) == expected


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_on_the_cpu_is_refused(precision):
    with pytest.raises(ValueError, match=f"precision={precision} on the CPU.*auto or fp32"):
        dtype_of(precision, "cpu")


def test_bf16_is_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        dtype_of("fp16", "cuda")
        assert caplog.text == ""
        dtype_of("bf16", "cuda")
    assert "precision=bf16" in caplog.text
