"""Networks on the CPU by OpenVINO, where a user has installed it; nothing here asks for it."""

from __future__ import annotations

import logging
import warnings
from functools import cache
from importlib import import_module
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .device import Device
from .extras import check_installed

logger = logging.getLogger(__name__)

Engine = Literal["torch", "openvino"]
PACKAGE = "openvino"
# What is used of it; versions before 2023.1 lack the first.
NEEDED = ("convert_model", "Core")


def engine_of(wanted: str, device: Device) -> Engine:
    """The engine that the parameter ``engine`` asks for: auto, torch or openvino.

    ``auto`` is OpenVINO where the device is a CPU and the package is there, else PyTorch. A package
    that cannot be imported, or is too old, is passed over by ``auto`` with a warning.

    Raises:
        ImportError: OpenVINO is asked for and missing; the text has the line for pip.
        ValueError: OpenVINO is asked for on CUDA.
    """
    if wanted == "openvino":
        if device != "cpu":
            raise ValueError(
                f"engine=openvino runs on the CPU, and the device is {device}: set device=cpu, or "
                "engine=auto"
            )
        check_installed("engine=openvino", PACKAGE, instead="set engine=auto")
        _package()
        return "openvino"
    if wanted == "auto" and device == "cpu" and _is_usable():
        return "openvino"
    return "torch"


class OpenVinoNetwork:
    """A network of torch's modules, converted; called as it is, float32 in and out.

    It is compiled for the size of the pictures that come, for as many threads as PyTorch has, anew
    where either changes. A batch is run picture by picture: on a CPU that takes no longer.

    Args:
        network: In eval mode on the CPU; one tensor in, one out. Nothing in it may hold a size:
            it is traced once, by torch.jit.
        example: A small input (B, C, H, W).

    Raises:
        ImportError: OpenVINO is missing or too old.
    """

    def __init__(self, network: nn.Module, example: Tensor) -> None:
        package = _package()
        with warnings.catch_warnings(), torch.no_grad():
            # Sizes that are only compared while tracing, and that torch.jit is an old way.
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(network, example, check_trace=False)
            self._model: Any = package.convert_model(traced)
        self._core: Any = package.Core()
        self._request: Any = None
        self._compiled_for: tuple[object, ...] = ()

    def __call__(self, x: Tensor) -> Tensor:
        """Run float32 (B, C, H, W)."""
        request = self._request_for(x)
        pictures = x.contiguous().numpy()
        # What infer returns is a copy, but for these inputs, which last until it returns.
        found = [request.infer({0: picture[None]}, share_inputs=True)[0] for picture in pictures]
        return torch.cat([torch.from_numpy(output) for output in found])

    def _request_for(self, x: Tensor) -> Any:
        wanted = (x.shape[1:], torch.get_num_threads())
        if self._compiled_for != wanted:
            # Freed first: its weights are laid out once more by each compilation.
            self._request = None
            self._model.reshape([1, *x.shape[1:]])
            compiled = self._core.compile_model(self._model, "CPU", _options(wanted[1]))
            self._request, self._compiled_for = compiled.create_infer_request(), wanted
        return self._request


def _options(threads: int) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        # Pinned threads wait for their core where another process has it.
        "ENABLE_CPU_PINNING": False,
    }


def _package() -> Any:
    """OpenVINO itself; ImportError where it cannot be imported or is too old."""
    package = import_module(PACKAGE)
    if not all(hasattr(package, name) for name in NEEDED):
        raise ImportError(
            "engine=openvino: the installed openvino is too old: pip install --upgrade openvino, "
            "or set engine=torch"
        )
    return package


@cache
def _is_usable() -> bool:
    try:
        _package()
    except ModuleNotFoundError as error:
        if error.name == PACKAGE:
            return False
        logger.warning("engine=auto takes PyTorch, since openvino cannot be imported: %s", error)
        return False
    except ImportError as error:
        logger.warning("engine=auto takes PyTorch, since openvino cannot be imported: %s", error)
        return False
    return True
