"""TensorFlow Lite files of convolutional networks to ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .onnx_graph import OnnxGraph

STORED = {schema.TensorType.FLOAT16: "<f2", schema.TensorType.FLOAT32: "<f4"}
PADDING = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}
# Operators with inputs and outputs only.
PLAIN = {"ADD": "Add", "MUL": "Mul", "HARD_SWISH": "HardSwish", "LOGISTIC": "Sigmoid"}
TRANSPOSED = "Convolution2DTransposeBias"


def convert(path: Path, graph: OnnxGraph, *, scale: float) -> str:
    """Write the whole network, whose input is the picture times ``scale``.

    Pooling over the whole map becomes global, so that other sizes of the input can be tried.

    Returns:
        The name of its last node in ``graph``.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    return _Subgraph(model, graph).written(scale)


class _Subgraph:
    def __init__(self, model: Any, graph: OnnxGraph) -> None:
        self._model, self._graph = model, graph
        self._tensors = model.subgraphs[0].tensors
        self._names: dict[int, str] = {}
        self._floats: dict[int, np.ndarray] = {}

    def written(self, scale: float) -> str:
        subgraph = self._model.subgraphs[0]
        self._names[subgraph.inputs[0]] = self._graph.picture(scale, 0)
        for operator in subgraph.operators:
            inputs, output = [int(i) for i in operator.inputs], int(operator.outputs[0])
            name = self._operator_name(operator)
            if name == "DEQUANTIZE":
                self._floats[output] = self._values(inputs[0])
            else:
                self._names[output] = self._node(name, operator, inputs)
        return self._names[subgraph.outputs[0]]

    def _operator_name(self, operator: Any) -> str:
        code = self._model.operatorCodes[operator.opcodeIndex]
        if code.customCode:
            return code.customCode.decode()
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        names = vars(schema.BuiltinOperator).items()
        return next(name for name, value in names if value == number)

    def _values(self, index: int) -> np.ndarray:
        if index in self._floats:
            return self._floats[index]
        tensor = self._tensors[index]
        data = self._model.buffers[tensor.buffer].data
        stored = np.frombuffer(data.tobytes(), STORED[tensor.type])
        return stored.reshape(tensor.shape).astype(np.float32)

    def _node(self, name: str, operator: Any, inputs: list[int]) -> str:
        graph, options = self._graph, operator.builtinOptions
        if getattr(options, "fusedActivationFunction", 0):
            raise ValueError(f"{name} with a fused activation is not known here")
        if name in PLAIN:
            return graph.add(PLAIN[name], [self._names[i] for i in inputs])
        x = self._names[inputs[0]]
        if name == "RELU":
            return graph.relu(x)
        if name == "AVERAGE_POOL_2D":
            self._require_whole_map(inputs[0], options)
            return graph.add("GlobalAveragePool", [x])
        if name == "RESIZE_BILINEAR":
            return graph.resized(x, 2, half_pixel=options.halfPixelCenters)
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return self._convolution(name, options, inputs)
        if name == TRANSPOSED:
            # (out, kh, kw, in) to (in, out, kh, kw); its stride is its kernel's side.
            weights = self._values(inputs[1]).transpose(3, 0, 1, 2)
            constants = [graph.constant(weights), graph.constant(self._values(inputs[2]))]
            return graph.add("ConvTranspose", [x, *constants], strides=list(weights.shape[2:]))
        raise ValueError(f"{name} is not known here")

    def _require_whole_map(self, index: int, options: Any) -> None:
        sides = tuple(self._tensors[index].shape[1:3])
        if sides != (options.filterHeight, options.filterWidth):
            raise ValueError(f"pooling over a part of a {sides} map is not known here")

    def _convolution(self, name: str, options: Any, inputs: list[int]) -> str:
        weights = self._values(inputs[1])
        # (1, kh, kw, channels) or (out, kh, kw, in).
        is_depthwise = name != "CONV_2D"
        return self._graph.convolution(
            self._names[inputs[0]],
            weights.transpose((3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2)),
            self._values(inputs[2]),
            strides=[options.strideH, options.strideW],
            padding=PADDING[options.padding],
            groups=weights.shape[3] if is_depthwise else 1,
        )
