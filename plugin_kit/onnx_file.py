"""The convolutions of an ONNX file, in order of execution; no package but numpy reads it.

An ONNX file is a protobuf message (https://onnx.ai/onnx/repo-docs/IR.html; field numbers as in
onnx.proto). Only its nodes' names and its tensors are looked at; nothing of it is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .files import FileError, content_of

EXPORT_AGAIN = "get it again, or export the network with torch.onnx into one file"
# Protobuf's wire types.
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
# onnx.TensorProto.DataType of what weights are kept in.
TYPES = {1: "<f4", 10: "<f2", 11: "<f8"}
FLOAT, DOUBLE = 1, 11
EXTERNAL = 1
MOST_DIMENSIONS = 8
LEAST_EPSILON = 1e-12

Number = int
Value = int | bytes


@dataclass(frozen=True)
class Convolution:
    """``weight`` float32 (out, in / groups, h, w) and ``bias`` float32 (out,)."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass
class _Node:
    kind: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    tensor: bytes = b""
    epsilon: float = 1e-5


class _Damaged(Exception):
    """What is read is no such message; the text says why."""


def read_convolutions(path: str | Path, count: int) -> list[Convolution]:
    """Each use of a convolution, in the file's order; normalisations behind them are folded in.

    Args:
        path: The file.
        count: How many there have to be; a small file could name one large weight very often.

    Raises:
        FileNotFoundError: There is no such file.
        FileError: It is no ONNX file whose weights lie in it, or has more or fewer of them.
    """
    path = Path(path)
    content = content_of(path)
    try:
        return _convolutions(content, count)
    except _Damaged as error:
        problem = f"is no ONNX file of this network ({error})"
        raise FileError(path, problem, EXPORT_AGAIN) from error


def _convolutions(content: bytes, count: int) -> list[Convolution]:
    graphs = [bytes_of(value) for number, value in fields(content) if number == 7]
    if not graphs:
        raise _Damaged("it has no graph")
    nodes: list[_Node] = []
    tensors: dict[str, bytes] = {}
    for number, value in fields(graphs[-1]):
        if number == 1:
            nodes.append(_node(bytes_of(value)))
        elif number == 5:
            tensor = bytes_of(value)
            tensors[_name(tensor)] = tensor
    for node in nodes:
        if node.kind == "Constant" and node.tensor:
            tensors.update(dict.fromkeys(node.outputs, node.tensor))
        elif node.kind == "Identity" and node.inputs and node.inputs[0] in tensors:
            tensors.update(dict.fromkeys(node.outputs, tensors[node.inputs[0]]))
    norms = {n.inputs[0]: n for n in nodes if n.kind == "BatchNormalization" and n.inputs}
    found = [node for node in nodes if node.kind == "Conv"]
    if len(found) != count:
        raise _Damaged(f"it has {len(found)} convolutions, and this network {count}")
    return [_convolution(node, tensors, norms) for node in found]


def _convolution(node: _Node, tensors: dict[str, bytes], norms: dict[str, _Node]) -> Convolution:
    if not 2 <= len(node.inputs) <= 3 or not node.outputs:
        raise _Damaged("a convolution has no weight")
    weight = _array(node.inputs[1], tensors)
    if weight.ndim != 4:
        raise _Damaged(f"a convolution's weight has {weight.ndim} dimensions, not 4")
    channels = len(weight)
    bias = np.zeros(channels, np.float32)
    if len(node.inputs) == 3 and node.inputs[2]:
        bias = _vector(node.inputs[2], tensors, channels)
    norm = norms.get(node.outputs[0])
    if norm is None:
        return Convolution(weight, bias)
    if len(norm.inputs) != 5:
        raise _Damaged("a normalisation has not its five inputs")
    scale, offset, mean, variance = (_vector(x, tensors, channels) for x in norm.inputs[1:])
    spread = np.maximum(variance.astype(np.float64) + norm.epsilon, LEAST_EPSILON)
    gain = (scale / np.sqrt(spread)).astype(np.float32)
    return Convolution(weight * gain[:, None, None, None], (bias - mean) * gain + offset)


def _vector(name: str, tensors: dict[str, bytes], length: int) -> np.ndarray:
    vector = _array(name, tensors)
    if vector.shape != (length,):
        raise _Damaged(f"{name[:60]!r} is {vector.shape}, not ({length},)")
    return vector


def _array(name: str, tensors: dict[str, bytes]) -> np.ndarray:
    """A tensor of the file as float32."""
    if name not in tensors:
        raise _Damaged(f"the weight {name[:60]!r} is not in it")
    dimensions: list[int] = []
    kind = location = 0
    raw, listed = b"", {FLOAT: b"", DOUBLE: b""}
    for number, value in fields(tensors[name]):
        if number == 1:
            dimensions += [value] if isinstance(value, int) else list(varints(value))
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 4:
            listed[FLOAT] += bytes_of(value)
        elif number == 9:
            raw = bytes_of(value)
        elif number == 10:
            listed[DOUBLE] += bytes_of(value)
        elif number == 14 and isinstance(value, int):
            location = value
    if location == EXTERNAL:
        raise _Damaged("its weights lie in another file")
    if kind not in TYPES or len(dimensions) > MOST_DIMENSIONS:
        raise _Damaged(f"{name[:60]!r} is not made of floats")
    numbers = np.frombuffer(raw or listed.get(kind, b""), np.uint8)
    wanted = math.prod(dimensions) * np.dtype(TYPES[kind]).itemsize
    if wanted != numbers.size or not wanted:
        raise _Damaged(f"{name[:60]!r} has {numbers.size} bytes, not {wanted}")
    return numbers.view(TYPES[kind]).reshape(dimensions).astype(np.float32)


def _node(message: bytes) -> _Node:
    node = _Node()
    for number, value in fields(message):
        if number == 1:
            node.inputs.append(_text(value))
        elif number == 2:
            node.outputs.append(_text(value))
        elif number == 4:
            node.kind = _text(value)
        elif number == 5:
            _read_attribute(node, bytes_of(value))
    return node


def _read_attribute(node: _Node, message: bytes) -> None:
    name, number_value = "", b""
    for number, value in fields(message):
        if number == 1:
            name = _text(value)
        elif number == 2:
            number_value = bytes_of(value)
        elif number == 5 and node.kind in ("", "Constant"):
            node.tensor = bytes_of(value)
    if name == "epsilon" and len(number_value) == 4:
        node.epsilon = float(np.frombuffer(number_value, "<f4")[0])


def _name(tensor: bytes) -> str:
    return next((_text(value) for number, value in fields(tensor) if number == 8), "")


def _text(value: Value) -> str:
    return bytes_of(value).decode("utf-8", "replace")


def bytes_of(value: Value) -> bytes:
    """A field's bytes; an integer there is damage."""
    if isinstance(value, int):
        raise _Damaged("a field is a number that should be bytes")
    return value


def fields(message: bytes) -> Iterator[tuple[Number, Value]]:
    """The fields of a protobuf message: numbers as int, all else as the bytes that they have."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire == LENGTH:
            length, place = _varint(message, place)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise _Damaged(f"a field of the unknown wire type {wire}")
        if place + length > len(message):
            raise _Damaged("it ends too early")
        yield number, message[place : place + length]
        place += length


def varints(message: bytes) -> Iterator[int]:
    """The whole numbers of a packed field."""
    place = 0
    while place < len(message):
        value, place = _varint(message, place)
        yield value


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[place : place + LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, place + index + 1
    raise _Damaged("a number has no end")
