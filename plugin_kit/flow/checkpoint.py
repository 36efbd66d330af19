"""The form of the checkpoints that ``train_flow_matting`` writes and ``infer_flow_matting`` reads.

A dictionary for ``torch.save``: ``format``, ``width``, ``uses_matte`` and ``state_dict``; what else
a training keeps there is its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..files import FileError, replacing
from ..weights import checked_state, load_state
from .network import FLOW_CHANNELS, NORM_GROUPS, FlowMattingNetwork

FORMAT = "flow_matting_1"
MOST_WIDTH = 256
# (1, width, 1, 1): the width that the tensors really have.
LAST_WEIGHT = "unet.last.weight"


@dataclass(frozen=True)
class Architecture:
    """What a checkpoint says of its network beside the weights.

    Attributes:
        width: Channels of the first level, a multiple of 8.
        uses_matte: Whether the network corrects a coarse matte, or mattes from picture and flow.
    """

    width: int
    uses_matte: bool

    def build(self) -> FlowMattingNetwork:
        """Such a network, its weights random."""
        channels = FLOW_CHANNELS + self.uses_matte
        return FlowMattingNetwork(channels, self.width, normalised=True)

    def __str__(self) -> str:
        return f"width={self.width}, uses_matte={self.uses_matte}"


def checkpoint_of(network: FlowMattingNetwork, architecture: Architecture) -> dict[str, Any]:
    """What a checkpoint holds at least."""
    state = {key: value.detach().cpu() for key, value in network.state_dict().items()}
    return {
        "format": FORMAT,
        "width": architecture.width,
        "uses_matte": architecture.uses_matte,
        "state_dict": state,
    }


def write_checkpoint(content: Mapping[str, Any], path: Path) -> None:
    """Write a file that appears whole or not at all; its folder is made if needed."""
    # Given a path, PyTorch would write the passing name of the file into it.
    with replacing(path) as beside, beside.open("wb") as file:
        torch.save(content, file)


def architecture_of(content: Any, path: Path) -> Architecture | None:
    """How a checkpoint's network is built; None where the content is of another kind.

    Raises:
        FileError: It is of this kind, but no network can be built so.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return None
    width, uses_matte = content.get("width"), content.get("uses_matte")
    if type(width) is not int or not 0 < width <= MOST_WIDTH or width % NORM_GROUPS:
        wanted = f"a multiple of {NORM_GROUPS} up to {MOST_WIDTH}"
        raise FileError(path, f"is damaged: width={width!r} is not {wanted}", "train it again")
    if type(uses_matte) is not bool:
        problem = f"is damaged: uses_matte={uses_matte!r} is neither True nor False"
        raise FileError(path, problem, "train it again")
    return Architecture(width, uses_matte)


def load_weights(network: FlowMattingNetwork, content: Mapping[str, Any], path: Path) -> None:
    """Load a checkpoint's weights strictly; FileError where they do not fit."""
    state = checked_state(content.get("state_dict"), path)
    load_state(network, state, path, parameters="width, uses_matte")


def restored(
    content: Mapping[str, Any], architecture: Architecture, path: Path
) -> FlowMattingNetwork:
    """The checkpoint's network with its weights; FileError as of :func:`load_weights`."""
    last = checked_state(content.get("state_dict"), path).get(LAST_WEIGHT)
    # Looked at first: a network of a width that was made up may not fit into memory.
    if last is None or last.shape[1:2] != (architecture.width,):
        problem = f"does not fit the flow matting network of {architecture}"
        raise FileError(path, problem, "train it again")
    network = architecture.build()
    load_weights(network, content, path)
    return network
