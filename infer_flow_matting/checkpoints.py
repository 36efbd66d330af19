"""Which network a file holds, and whether it holds all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from .flow_matting_engine.encoding import FLOW_CHANNELS
from .flow_matting_engine.matter import TrainedNetwork
from .flow_matting_engine.network import LEGACY_TENSORS, FlowMattingNetwork

FORMAT = "flow_matting_1"
PREFIX = "unet."
WRAPPERS = ("module.",)


def load_network(file: str | Path) -> TrainedNetwork:
    """Read a checkpoint of ``train_flow_matting`` or of the original project, strictly.

    Raises:
        FileNotFoundError: No file is named, or it does not exist.
        ValueError: It is neither of the two, or does not fit its network.
    """
    if not str(file):
        raise FileNotFoundError(
            "mode=network needs model_weight_file: best.pth of train_flow_matting, or a CP_*.pth "
            "of the original Flow-Based-Video-Matting (GPL-3.0, not shipped here)"
        )
    path = Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"model_weight_file {str(file)!r} does not exist")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{path} is not a PyTorch checkpoint that can be read safely: {error}"
        ) from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}, not a state_dict")
    try:
        if content.get("format") == FORMAT:
            return _own(content)
        return _original(content)
    except (RuntimeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} does not fit the flow matting network: {error}") from error


def _own(content: dict[str, Any]) -> TrainedNetwork:
    uses_matte = bool(content["uses_matte"])
    channels = FLOW_CHANNELS + uses_matte
    network = FlowMattingNetwork(channels, int(content["width"]), normalised=True)
    network.load_state_dict(content["state_dict"], strict=True)
    return TrainedNetwork(network, "flow+matte" if uses_matte else "flow")


def _original(content: dict[str, Any]) -> TrainedNetwork:
    """26 tensors with the prefix ``unet.``, as the original saves them."""
    state = content
    for wrapper in WRAPPERS:
        state = {key.removeprefix(wrapper): value for key, value in state.items()}
    if len(state) != LEGACY_TENSORS or not all(key.startswith(PREFIX) for key in state):
        raise KeyError(
            f"the original's checkpoints hold {LEGACY_TENSORS} tensors named {PREFIX}*; this one "
            f"holds {len(state)}, such as {', '.join(sorted(map(str, state))[:3])}"
        )
    network = FlowMattingNetwork()
    network.load_state_dict(state, strict=True)
    return TrainedNetwork(network, "legacy")
