"""Frames, flow and mattes as the network's channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .network import MULTIPLE, FlowMattingNetwork

# Movement to the right by this many pixels counts as motion, and is drawn white.
MOTION_THRESHOLD = 0.5
MOTION_WHITE = 255
# A vector of this share of the long side is 1.0 for the network.
FLOW_SHARE = 1 / 20
FLOW_CHANNELS = 6


def motion_mask(flow: np.ndarray) -> np.ndarray:
    """The original's motion mask: uint8 (H, W), 255 where the flow (H, W, 2) goes right.

    Its flow leads from the frame before to this one, and is zero at a sequence's first frame.
    """
    return np.where(flow[..., 0] >= MOTION_THRESHOLD, MOTION_WHITE, 0).astype(np.uint8)


def legacy_input(frame: np.ndarray, flow: np.ndarray) -> Tensor:
    """[motion mask, R, G, B] / 255 as float32 (1, 4, H, W), the original's training input.

    The original's prediction turned the mask's 255 into 76 on the way; it was not trained so.
    """
    stacked = np.concatenate([motion_mask(flow)[..., None], frame], axis=2)
    return torch.from_numpy(stacked).permute(2, 0, 1)[None].float() / 255


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What the network is shown of B frames.

    Attributes:
        frame: (B, 3, H, W) in 0..1.
        flow: (B, 2, H, W) in pixels, from each frame to the one before.
        coarse: (B, 1, H, W) in 0..1, or None.
        long_side: Of the whole picture in pixels, of which ``frame`` may be a part.
    """

    frame: Tensor
    flow: Tensor
    coarse: Tensor | None
    long_side: float


def flow_input(seen: Observation) -> Tensor:
    """[R, G, B, u, v, |flow|(, coarse matte)] as (B, 6 or 7, H, W)."""
    flow = seen.flow / (FLOW_SHARE * seen.long_side)
    parts = [seen.frame * 2 - 1, flow, flow.square().sum(1, keepdim=True).sqrt()]
    return torch.cat(parts if seen.coarse is None else [*parts, seen.coarse], dim=1)


def padded(inputs: Tensor) -> Tensor:
    """Continue the border so that both sides are multiples of 4."""
    height, width = inputs.shape[-2:]
    edges = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
    return F.pad(inputs, edges, mode="replicate")


def predicted_alpha(network: FlowMattingNetwork, seen: Observation) -> Tensor:
    """The network's matte (B, 1, H, W); with a coarse one it is corrected, and not yet clamped."""
    height, width = seen.frame.shape[-2:]
    output = network(padded(flow_input(seen)))[..., :height, :width]
    return output.sigmoid() if seen.coarse is None else seen.coarse + output
