"""An ONNX graph that is written node by node, with half-precision weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
# Runs on every onnxruntime that installs beside NumPy 2.
PRODUCER = "people networks"


class OnnxGraph:
    """Nodes in the order of execution; each method returns the name of its output.

    The input ``image`` is uint8 (n, h, w, 3), RGB.
    """

    def __init__(self, height: int | str, width: int | str) -> None:
        self._size = (height, width)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """A node with one output."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: np.ndarray) -> str:
        """Weights: floats of more than one value are kept in half precision."""
        name = f"weight_{len(self._weights)}"
        is_half = values.dtype.kind == "f" and values.size > 1
        kept = np.ascontiguousarray(values, np.float16 if is_half else values.dtype)
        self._weights.append(numpy_helper.from_array(kept, name))
        return self.add("Cast", [name], to=TensorProto.FLOAT) if is_half else name

    def scalar(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))

    def picture(self, scale: float, shift: float) -> str:
        """The input as float (n, 3, h, w), times ``scale`` plus ``shift``."""
        floats = self.add("Cast", ["image"], to=TensorProto.FLOAT)
        planes = self.add("Transpose", [floats], perm=[0, 3, 1, 2])
        scaled = self.add("Mul", [planes, self.scalar(scale)])
        return self.add("Add", [scaled, self.scalar(shift)]) if shift else scaled

    def convolution(
        self,
        x: str,
        weights: np.ndarray,
        bias: np.ndarray | None,
        *,
        strides: list[int],
        padding: str,
        groups: int = 1,
    ) -> str:
        """``weights`` are (out, in / groups, kh, kw); ``padding`` is TensorFlow's word."""
        inputs = [x, self.constant(weights)]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.add(
            "Conv",
            inputs,
            group=groups,
            kernel_shape=list(weights.shape[2:]),
            strides=strides,
            auto_pad="SAME_UPPER" if padding == "SAME" else "VALID",
        )

    def resized(self, x: str, factor: float, *, half_pixel: bool) -> str:
        """Bilinear, both sides times ``factor``."""
        scales = self.constant_floats([1, 1, factor, factor])
        mode = "half_pixel" if half_pixel else "asymmetric"
        return self.add(
            "Resize", [x, "", scales], mode="linear", coordinate_transformation_mode=mode
        )

    def constant_floats(self, values: list[float]) -> str:
        """Full precision: what operators take as parameters."""
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.array(values, np.float32), name))
        return name

    def relu(self, x: str, *, most: float | None = None) -> str:
        if most is None:
            return self.add("Relu", [x])
        return self.add("Clip", [x, self.scalar(0), self.scalar(most)])

    def write(self, path: Path, name: str, outputs: dict[str, str], note: str) -> None:
        """Check the graph and write it; ``outputs`` maps the public names to those of nodes."""
        self._nodes += [
            helper.make_node("Identity", [inner], [outer]) for outer, inner in outputs.items()
        ]
        unknown = [None] * 4
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", *self._size, 3])],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, unknown) for o in outputs],
            self._weights,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name=PRODUCER,
            doc_string=note,
        )
        onnx.checker.check_model(model)
        onnx.save(model, str(path))
