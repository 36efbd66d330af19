"""Weights on disk, in the form that infer_flow_matting reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from .network import FlowMattingNetwork

FORMAT = "flow_matting_1"
STATE = {"optimiser", "epoch", "steps", "best"}


def content_of(network: FlowMattingNetwork, width: int, uses_matte: bool) -> dict[str, Any]:
    """What a checkpoint holds at least."""
    state = {key: value.detach().cpu() for key, value in network.state_dict().items()}
    return {"format": FORMAT, "width": width, "uses_matte": uses_matte, "state_dict": state}


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write beside and rename: a crash leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def load_content(path: Path, width: int, uses_matte: bool) -> dict[str, Any]:
    """Read a training state.

    Raises:
        ValueError: It is none, or of another network than asked for.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} cannot be read safely: {error}") from error
    if not isinstance(content, dict) or not content.keys() >= STATE:
        raise ValueError(f"{path} is no training state of train_flow_matting")
    found, asked = (content["width"], content["uses_matte"]), (width, uses_matte)
    if found != asked:
        raise ValueError(
            f"{path} was trained with width={found[0]}, uses_matte={found[1]}; "
            f"asked for are width={asked[0]}, uses_matte={asked[1]}"
        )
    return content
