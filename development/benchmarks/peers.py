"""Runtimes that a network can be given to as ONNX: OpenVINO and ONNX Runtime, both in float32."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

# Named arrays in, arrays out in the order of the outputs.
Peer = Callable[[dict[str, np.ndarray]], list[np.ndarray]]
OPSET = 17


def export(
    network: Any, example: Sequence[Any], path: Path, *, inputs: list[str], outputs: list[str]
) -> None:
    """Write ``network`` as it is, a torch module of tensors, to ``path``.

    Raises:
        ImportError: The package onnx is missing.
    """
    # Without it torch raises an error of its own.
    importlib.import_module("onnx")
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(example),
            str(path),
            input_names=inputs,
            output_names=outputs,
            # The exporter of today needs packages that nothing else here does.
            dynamo=False,
            opset_version=OPSET,
        )


def openvino(path: Path, threads: int) -> Peer:
    """Compiled for latency. ImportError where the package is missing."""
    core = importlib.import_module("openvino").Core()
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned, it would have the cores that the others are measured on.
        "ENABLE_CPU_PINNING": False,
    }
    compiled = core.compile_model(core.read_model(str(path)), "CPU", options)
    request = compiled.create_infer_request()

    def run(inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        found = request.infer(inputs)
        return [found[output] for output in compiled.outputs]

    return run


def onnx_runtime(path: Path, threads: int) -> Peer:
    """With all of its optimisations. ImportError where the package is missing."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: list(session.run(None, inputs))


PEERS = {"OpenVINO": openvino, "ONNX Runtime": onnx_runtime}
