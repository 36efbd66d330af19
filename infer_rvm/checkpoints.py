"""Which checkpoint, from where, and whether it is what it should be."""

from pathlib import Path
from typing import Any

import torch

from .infer_rvm_kit.onnx_weights import is_onnx, read_onnx_state
from .infer_rvm_kit.weights import (
    cache_folder,
    fetch,
    fetch_either,
    load_state,
    read_state,
    user_file,
    without,
)
from .rvm_network import MattingNetwork

RELEASE = "https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0"
# The released files hold at least their parameters; an error page does not.
LEAST_BYTES = {"mobilenetv3": 14_900_000, "resnet50": 107_000_000}
# Intel's Open Model Zoo publishes the checksum of this export of the same weights
# (models/public/robust-video-matting-mobilenetv3/model.yml).
ONNX_VARIANT = "mobilenetv3"
ONNX_URL = (
    "https://github.com/DmitriySidnev/RobustVideoMatting/raw/master/onnx/"
    "robust_video_matting_mobilenetv3.onnx"
)
ONNX_CHECKSUM = (
    "sha384:d6eeb320496d9a7de7d740806f1edf4c7144d97bffec0f279abd2eb3c6c8f3dd"
    "9b311eb48f8e70478a1d4e8c172ea720"
)
PARAMETERS = "model_name, refiner"
# What an export uses: the small copy is half of this.
EXAMPLE = (1, 3, 64, 64)


def checkpoint_path(variant: str, user_path: str) -> Path:
    """Find the checkpoint: the user's file, or the official one, fetched once.

    Raises:
        FileNotFoundError: The user's file does not exist.
        RuntimeError: The official file could not be fetched, or is not the recorded one.
    """
    if user_path:
        return user_file(user_path)
    if variant != ONNX_VARIANT or (cache_folder("infer_rvm") / _file_of(variant)).is_file():
        return _official(variant)
    there = cache_folder("infer_rvm") / ONNX_URL.rpartition("/")[2]
    return fetch_either(lambda: _official(variant), lambda: _exported(there), there)


def _file_of(variant: str) -> str:
    return f"rvm_{variant}.pth"


def _official(variant: str) -> Path:
    name = _file_of(variant)
    url = f"{RELEASE}/{name}"
    return fetch(
        url,
        cache_folder("infer_rvm") / name,
        remedy=f"Get {name} of Robust Video Matting from {url} and give its path in the parameter "
        "model_weight_file.",
        least_bytes=LEAST_BYTES[variant],
        check=lambda path: load_checkpoint(MattingNetwork(variant, "deep_guided_filter"), path),
    )


def _exported(there: Path) -> Path:
    return fetch(
        ONNX_URL,
        there,
        remedy=f"Get it from {ONNX_URL} and give its path in the parameter model_weight_file.",
        checksum=ONNX_CHECKSUM,
    )


def load_checkpoint(network: MattingNetwork, path: Path) -> None:
    """Load ``path``, a state_dict or an ONNX export, strictly, else ValueError.

    The fast guided filter needs no ``refiner.``. An export has no weights of the segmentation,
    which stay zero.
    """
    has_refiner = any(True for _ in network.refiner.parameters())
    if is_onnx(path):
        whole = network if has_refiner else MattingNetwork(network.variant)
        state = read_onnx_state(whole, _run, path, parameters=PARAMETERS)
    else:
        state = read_state(path)
    if not has_refiner:
        state = without(state, "refiner.")
    load_state(network, state, path, parameters=PARAMETERS)


def _run(network: Any) -> None:
    """Use each convolution of an export: on a smaller copy, with the refiner."""
    network(torch.zeros(EXAMPLE), downsample_ratio=0.5)
