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
    """A network of torch's modules, converted; tensors of float32 (B, C, H, W) in and out.

    It is compiled for the sizes that come, for as many threads as PyTorch has, anew where either
    changes. A batch is run picture by picture: on a CPU that takes no longer.

    Args:
        network: In eval mode on the CPU, of tensors to a tensor or a tuple of them. It is traced
            once, by torch.jit: it suits the sizes for which it does what it does for the example's.
        example: Small inputs.

    Raises:
        ImportError: OpenVINO is missing or too old.
    """

    def __init__(self, network: nn.Module, *example: Tensor) -> None:
        package = _package()
        with warnings.catch_warnings(), torch.no_grad():
            # Sizes that are only compared while tracing, and that torch.jit is an old way.
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(network, example, check_trace=False)
            self._model: Any = package.convert_model(traced)
        self._core: Any = package.Core()
        self._request: Any = None
        self._compiled_for: tuple[object, ...] = ()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the network; what it returns, as a tuple even of one."""
        request = self._request_for(inputs)
        arrays = [x.contiguous().numpy() for x in inputs]
        found = []
        for index in range(len(arrays[0])):
            one = {place: array[index : index + 1] for place, array in enumerate(arrays)}
            # The outputs are copies; the inputs are not, and last until infer returns.
            outputs = request.infer(one, share_inputs=True)
            found.append([torch.from_numpy(output) for output in outputs.to_tuple()])
        if len(found) == 1:
            return tuple(found[0])
        return tuple(torch.cat(parts) for parts in zip(*found, strict=True))

    def _request_for(self, inputs: tuple[Tensor, ...]) -> Any:
        sizes, threads = [x.shape[1:] for x in inputs], torch.get_num_threads()
        wanted = (sizes, threads)
        if self._compiled_for != wanted:
            # Freed first: its weights are laid out once more by each compilation.
            self._request = None
            self._model.reshape({place: [1, *size] for place, size in enumerate(sizes)})
            compiled = self._core.compile_model(self._model, "CPU", _options(threads))
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
