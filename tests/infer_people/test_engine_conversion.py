"""A small TensorFlow.js graph model as ONNX: the same numbers as its layers give in PyTorch."""

import base64
import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from infer_people.people_finding.sessions import Session

pytest.importorskip("onnx")
pytest.importorskip("ai_edge_litert")
from development.tools.network_conversion.onnx_graph import OnnxGraph
from development.tools.network_conversion.tfjs import GraphModel, convert

SCOPE = "net/"


def text(value):
    return {"s": base64.b64encode(value.encode()).decode()}


def node(name, operator, inputs, **attributes):
    return {"name": SCOPE + name, "op": operator, "input": inputs, "attr": attributes}


def convolution(name, operator, inputs, *, stride=1, fused=()):
    """Inputs are named within the scope; the last ones are weights and, if any, a bias."""
    return node(
        name,
        operator,
        [SCOPE + i for i in inputs],
        strides={"list": {"i": ["1", str(stride), str(stride), "1"]}},
        padding=text("SAME"),
        fused_ops={"list": {"s": [text(f)["s"] for f in fused]}},
    )


@pytest.fixture
def model(tmp_path):
    """The model's path, and its weights as they are stored: in half precision."""
    rng = np.random.default_rng(0)
    shapes = {
        "scale": (3,),
        "first": (3, 3, 3, 8),
        "first_bias": (8,),
        "deep": (5, 5, 8, 1),
        "same": (1, 1, 8, 8),
        "same_bias": (8,),
        "last": (1, 1, 8, 2),
        "last_bias": (2,),
    }
    weights = {name: rng.normal(0, 0.3, shape).astype(np.float16) for name, shape in shapes.items()}
    weights["scale"][:] = 1 / 128
    nodes = [
        {"name": "image", "op": "Placeholder", "attr": {}},
        node("cast", "Cast", ["image"]),
        node("scaled", "Mul", [SCOPE + "cast", SCOPE + "scale"]),
        convolution(
            "a", "_FusedConv2D", ["scaled", "first", "first_bias"], stride=2,
            fused=("BiasAdd", "Relu6"),
        ),
        convolution("b", "DepthwiseConv2dNative", ["a", "deep"]),
        convolution("c", "_FusedConv2D", ["b", "same", "same_bias"], fused=("BiasAdd", "Relu")),
        node("sum", "AddV2", [SCOPE + "a", SCOPE + "c"]),
        node("larger", "ResizeBilinear", [SCOPE + "sum", "size"], half_pixel_centers={"b": True}),
        convolution(
            "head_0/x/BiasAdd", "_FusedConv2D", ["larger", "last", "last_bias"], fused=("BiasAdd",)
        ),
    ]  # fmt: skip
    entries = [
        {
            "name": SCOPE + name,
            "shape": list(values.shape),
            "dtype": "float32",
            "quantization": {"dtype": "float16"},
        }
        for name, values in weights.items()
    ]
    path = tmp_path / "net.json"
    manifest = [{"paths": ["net.bin"], "weights": entries}]
    path.write_text(json.dumps({"modelTopology": {"node": nodes}, "weightsManifest": manifest}))
    path.with_suffix(".bin").write_bytes(b"".join(v.tobytes() for v in weights.values()))
    return path, {name: torch.from_numpy(v.astype(np.float32)) for name, v in weights.items()}


def same_padded(x, weights, stride=1, **options):
    """TensorFlow's SAME: what is odd goes below and to the right."""
    pads = []
    for size, kernel in zip(x.shape[:1:-1], weights.shape[:1:-1], strict=True):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return functional.conv2d(functional.pad(x, pads), weights, stride=stride, **options)


def expected_of(picture, weights):
    w = {k: v.permute(3, 2, 0, 1) if v.ndim == 4 and k != "deep" else v for k, v in weights.items()}
    x = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None] * w["scale"][0]
    a = functional.relu6(same_padded(x, w["first"], 2, bias=w["first_bias"]))
    b = same_padded(a, w["deep"].permute(2, 3, 0, 1), groups=8)
    c = functional.relu(same_padded(b, w["same"], bias=w["same_bias"]))
    larger = functional.interpolate(a + c, scale_factor=2, mode="bilinear", align_corners=False)
    return functional.conv2d(larger, w["last"], bias=w["last_bias"]).numpy()


@pytest.mark.parametrize("size", [(32, 48), (31, 20)])
def test_a_graph_model_gives_the_same_as_onnx(model, tmp_path, size):
    path, weights = model
    graph = OnnxGraph("h", "w")
    outputs = convert(GraphModel.read(path), {"head": SCOPE + "head_0"}, graph)
    graph.write(tmp_path / "net.onnx", "net", outputs, "a test")
    picture = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    found = Session(tmp_path / "net.onnx", threads=1)(picture[None])["head"]
    assert np.abs(found - expected_of(picture, weights)).max() < 1e-4


def test_weights_that_do_not_fill_their_file_are_refused(model):
    path, _ = model
    raw = path.with_suffix(".bin").read_bytes()
    path.with_suffix(".bin").write_bytes(raw + b"\0\0")
    with pytest.raises(ValueError, match="bytes of weights"):
        GraphModel.read(path)
