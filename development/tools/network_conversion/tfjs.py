"""TensorFlow.js graph models (a .json with the graph, a .bin with the weights) to ONNX."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .onnx_graph import OnnxGraph

STORED = {"float32": "<f4", "int32": "<i4", "float16": "<f2"}
# Nodes that only change how a picture is wrapped.
WRAPPING = ("Cast", "Unpack", "ExpandDims", "Squeeze", "Pack")


@dataclass(frozen=True)
class GraphModel:
    """A graph model: nodes by name, in the order of execution, and its weights by name."""

    nodes: dict[str, dict[str, Any]]
    weights: dict[str, np.ndarray]

    @staticmethod
    def read(path: Path) -> GraphModel:
        """Read ``path`` (.json) and the .bin beside it.

        Raises:
            ValueError: The weights do not fill the .bin.
        """
        model = json.loads(path.read_text(encoding="utf-8"))
        raw = path.with_suffix(".bin").read_bytes()
        weights, offset = {}, 0
        for entry in model["weightsManifest"][0]["weights"]:
            kind = entry.get("quantization", {}).get("dtype", entry["dtype"])
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(raw, STORED[kind], count, offset).reshape(entry["shape"])
            weights[entry["name"]] = values.astype(entry["dtype"])
            offset += values.nbytes
        if offset != len(raw):
            raise ValueError(f"{path} names {offset} bytes of weights, its .bin has {len(raw)}")
        return GraphModel({n["name"]: n for n in model["modelTopology"]["node"]}, weights)

    def inputs(self, name: str) -> list[str]:
        return [i.split(":")[0] for i in self.nodes[name].get("input", [])]

    def value(self, name: str, attribute: str, default: Any = None) -> Any:
        """An attribute as Python's own: texts decoded, lists of whole numbers as such."""
        given = self.nodes[name].get("attr", {}).get(attribute)
        if given is None:
            return default
        if "list" in given:
            held = given["list"]
            return [int(v) for v in held["i"]] if "i" in held else [_text(s) for s in held["s"]]
        return _text(given["s"]) if "s" in given else next(iter(given.values()))


def convert(model: GraphModel, heads: dict[str, str], graph: OnnxGraph) -> dict[str, str]:
    """Write the part of ``model`` that ends in its heads.

    Args:
        heads: Name of an output → the beginning of the node's name.

    Returns:
        Name of an output → the name of its node in ``graph``.
    """
    ends = {outer: _last_bias(model, start) for outer, start in heads.items()}
    names: dict[str, str] = {}
    for name in _needed(model, list(ends.values())):
        names[name] = _node(model, name, names, graph)
    return {outer: names[end] for outer, end in ends.items()}


def _last_bias(model: GraphModel, start: str) -> str:
    return [
        name
        for name, node in model.nodes.items()
        if name.startswith(start) and node["op"] == "_FusedConv2D" and name.endswith("BiasAdd")
    ][-1]


def _needed(model: GraphModel, ends: list[str]) -> list[str]:
    """The nodes that lead to ``ends``, inputs first; constants and sizes left out."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in ordered or name in model.weights:
            return
        # The second input of a resize is the size, which follows from the factor 2.
        sources = model.inputs(name)
        is_resize = model.nodes[name]["op"] == "ResizeBilinear"
        for source in sources[:1] if is_resize else sources:
            visit(source)
        ordered[name] = None

    for end in ends:
        visit(end)
    return list(ordered)


def _node(model: GraphModel, name: str, names: dict[str, str], graph: OnnxGraph) -> str:
    operator, inputs = model.nodes[name]["op"], model.inputs(name)
    if operator == "Placeholder":
        return graph.picture(1, 0)
    if operator in WRAPPING:
        return names[inputs[0]]
    if operator in ("Sub", "Mul"):
        values = np.unique(model.weights[inputs[1]])
        return graph.add(operator, [names[inputs[0]], graph.scalar(float(values.item()))])
    if operator == "AddV2":
        return graph.add("Add", [names[i] for i in inputs])
    if operator == "ResizeBilinear":
        half_pixel = bool(model.value(name, "half_pixel_centers", False))
        return graph.resized(names[inputs[0]], 2, half_pixel=half_pixel)
    if operator in ("_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"):
        return _convolution(model, name, names, graph)
    raise ValueError(f"{name}: {operator} is not known here")


def _convolution(model: GraphModel, name: str, names: dict[str, str], graph: OnnxGraph) -> str:
    inputs = model.inputs(name)
    weights = model.weights[inputs[1]]
    is_depthwise = "epthwise" in model.nodes[name]["op"]
    groups = weights.shape[2] if is_depthwise else 1
    # (kh, kw, in, multiplier) or (kh, kw, in, out).
    turned = weights.transpose((2, 3, 0, 1) if is_depthwise else (3, 2, 0, 1))
    fused = model.value(name, "fused_ops", [])
    result = graph.convolution(
        names[inputs[0]],
        turned,
        model.weights[inputs[2]] if "BiasAdd" in fused else None,
        strides=model.value(name, "strides")[1:3],
        padding=model.value(name, "padding"),
        groups=groups,
    )
    if "Relu6" in fused:
        return graph.relu(result, most=6)
    return graph.relu(result) if "Relu" in fused else result


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
