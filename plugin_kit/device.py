"""Where a network runs, in which number format, and with which OpenMP team."""

from __future__ import annotations

import ctypes
import logging
import sys
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

Device = Literal["cpu", "cuda"]
DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def device_of(wanted: str) -> Device:
    """The device that the parameter ``device`` asks for: auto, cuda or cpu.

    Raises:
        ValueError: It asks for CUDA, and PyTorch sees none.
    """
    if wanted == "cpu":
        return "cpu"
    # Late: what runs no network keeps OpenMP's teams whole without PyTorch.
    import torch

    has_cuda = torch.cuda.is_available()
    if wanted == "cuda" and not has_cuda:
        raise ValueError("device=cuda, but PyTorch sees no CUDA device; use auto or cpu")
    return "cuda" if has_cuda else "cpu"


def dtype_of(precision: str, device: Device) -> torch.dtype:
    """The number format that the parameter ``precision`` asks for: auto, fp32, fp16 or bf16.

    ``auto`` is fp16 on CUDA and fp32 on the CPU.

    Raises:
        ValueError: It asks for half precision on the CPU.
    """
    import torch

    if precision in ("fp16", "bf16") and device == "cpu":
        raise ValueError(
            f"precision={precision} needs CUDA: precision={precision} on the CPU is slower, less "
            "exact; use auto or fp32"
        )
    if precision == "bf16":
        logger.warning("precision=bf16: alpha can be wrong by up to 0.2; fp16 is better")
    if precision == "auto":
        precision = "fp32" if device == "cpu" else "fp16"
    return getattr(torch, DTYPES[precision])


def keep_teams_whole() -> None:
    """Switch OpenMP's dynamic teams off for the calling thread; the setting is kept by thread.

    ikomia's OpenCV switches them on. On a busy machine libgomp then starts fewer threads than
    oneDNN divided its work among: convolutions come out wrong or wait for ever at a barrier (seen
    with ikomia 0.16.1, PyTorch 2.15, load averages above the free cores).
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libgomp.so.1").omp_set_dynamic(0)
    except OSError:
        # PyTorch was built with another OpenMP library, which ikomia's OpenCV does not touch.
        return
