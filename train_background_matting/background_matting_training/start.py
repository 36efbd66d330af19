"""The network that training begins with: of a checkpoint, or filled so that it learns soon."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from ..train_background_matting_kit.bgmv2.checkpoint import REFINER, checkpoint_state
from ..train_background_matting_kit.bgmv2.network import MattingRefine
from ..train_background_matting_kit.weights import load_state
from .refiner_start import pass_through

logger = logging.getLogger(__name__)

PARAMETERS = "model_backbone"
DROPOUT = 0.1


def network_from(path: Path, backbone: str) -> MattingRefine:
    """The network of a checkpoint in the form of ``infer_background_matting``.

    Where it has the coarse network alone, the refiner begins as a resize of what that says.

    Raises:
        FileError: It does not fit ``backbone``, or is no such checkpoint.
    """
    network = MattingRefine(backbone)
    state = checkpoint_state(network, path, PARAMETERS)
    if not any(key.startswith(REFINER) for key in state):
        logger.warning("%s has no refiner: it begins as a resize of the coarse alpha", path)
        pass_through(network.refiner)
        own = network.state_dict()
        state = {**state, **{key: own[key] for key in own if key.startswith(REFINER)}}
    load_state(network, state, path, parameters=PARAMETERS)
    network.refine_by(network.backbone_scale, "sampling", network.refiner.sample_pixels, 0.1)
    _lessen_dropout(network)
    return network


def untrained(backbone: str, seed: int) -> MattingRefine:
    """A network of random weights whose first filters subtract and whose refiner resizes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MattingRefine(backbone, refine_threshold=0.1)
    initialise(network)
    pass_through(network.refiner)
    return network


def initialise(network: MattingRefine) -> None:
    """Start half of the first filters as source minus background, and alpha near its mean."""
    has_features = hasattr(network.backbone, "features")
    first = network.get_parameter(f"backbone.{'features.0.0' if has_features else 'conv1'}.weight")
    with torch.no_grad():
        half = first.shape[0] // 2
        first[:half, 3:] = -first[:half, :3]
        for part in ("decoder", "refiner"):
            weight, bias = last_layer(network, part)
            weight *= 0.5
            bias.zero_()
            bias[0] = 0.3
        last_layer(network, "decoder")[1][4] = 0.1
    _lessen_dropout(network)


def last_layer(network: MattingRefine, part: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of the last convolution of the decoder or the refiner."""
    layer = network.get_submodule(f"{part}.conv4")
    return layer.get_parameter("weight"), layer.get_parameter("bias")


def _lessen_dropout(network: MattingRefine) -> None:
    cast(nn.Dropout, network.get_submodule("aspp.project.3")).p = DROPOUT
