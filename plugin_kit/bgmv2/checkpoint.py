"""The form of the checkpoints that training writes and matting reads: plain state_dicts."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..files import FileError
from ..onnx_weights import is_onnx, read_onnx_state
from ..weights import load_state, read_state, without
from .network import MattingBase, MattingRefine

REFINER = "refiner."
EXAMPLE = (1, 3, 64, 64)


def load_checkpoint(
    network: MattingBase, path: Path, *, parameters: str = "model_type, model_backbone"
) -> None:
    """Load ``path``, a state_dict or an ONNX export, strictly, else ValueError.

    A coarse network has no use for ``refiner.``. ``parameters`` are those of the user's that decide
    what fits, for the message.
    """
    state = checkpoint_state(network, path, parameters)
    if not isinstance(network, MattingRefine):
        state = without(state, REFINER)
    load_state(network, state, path, parameters=parameters)


def checkpoint_state(network: MattingBase, path: Path, parameters: str) -> dict[str, Tensor]:
    """The tensors of ``path`` by name; of an export, those that fit ``network``."""
    if not is_onnx(path):
        return read_state(path)
    try:
        return read_onnx_state(network, _run, path, parameters=parameters)
    except FileError:
        if isinstance(network, MattingRefine):
            raise
    # What was exported refined has all of the coarse network.
    return read_onnx_state(MattingRefine(network.variant), _run, path, parameters=parameters)


def _run(network: Any) -> None:
    """Use each convolution of an export: the refiner's everywhere."""
    if isinstance(network, MattingRefine):
        network.refine_by(network.backbone_scale, "full", 0, 0)
    network(torch.zeros(EXAMPLE), torch.zeros(EXAMPLE))
