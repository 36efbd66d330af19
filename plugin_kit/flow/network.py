"""The U-Net that turns picture, flow and coarse matte, as channels, into a matte.

Names are the checkpoint's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEGACY_CHANNELS, LEGACY_WIDTH = 4, 64
LEGACY_TENSORS = 26
DEPTH = 3
# Each level below the first halves the sides.
MULTIPLE = 2 ** (DEPTH - 1)
NORM_GROUPS = 8
# Movement to the right by this many pixels counts as motion, and is drawn white.
MOTION_THRESHOLD = 0.5
MOTION_WHITE = 255
# A vector of this share of the long side is 1.0 for the network.
FLOW_SHARE = 1 / 20
FLOW_CHANNELS = 6


class FlowMattingNetwork(nn.Module):
    """(B, C, H, W) in, logits or a correction (B, 1, H, W) out; H and W multiples of 4.

    Args:
        in_channels: What :mod:`.encoding` stacks.
        width: Channels of the first level.
        normalised: Whether group normalisation follows each convolution; the original has none.
    """

    def __init__(
        self,
        in_channels: int = LEGACY_CHANNELS,
        width: int = LEGACY_WIDTH,
        normalised: bool = False,
    ) -> None:
        super().__init__()
        self.unet = UNet(in_channels, width, normalised)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.unet(inputs)


class UNet(nn.Module):
    """Three levels down, two up, a skip between equals, and a 1x1 head."""

    def __init__(self, in_channels: int, width: int, normalised: bool) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(DEPTH)]
        before = [in_channels, *widths[:-1]]
        self.down_path = nn.ModuleList(
            ConvBlock(a, b, normalised) for a, b in zip(before, widths, strict=True)
        )
        self.up_path = nn.ModuleList(
            UpBlock(2 * below, below, normalised) for below in reversed(widths[:-1])
        )
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for level, down in enumerate(self.down_path):
            # (B, width * 2^level, H / 2^level, W / 2^level)
            x = down(x if level == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        for up, skip in zip(self.up_path, reversed(skips[:-1]), strict=True):
            x = up(x, skip)
        return self.last(x)


class ConvBlock(nn.Module):
    """Twice: 3x3 convolution, normalisation if asked, ReLU."""

    def __init__(self, in_channels: int, channels: int, normalised: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for source in (in_channels, channels):
            layers.append(nn.Conv2d(source, channels, 3, padding=1))
            if normalised:
                layers.append(nn.GroupNorm(NORM_GROUPS, channels))
            layers.append(nn.ReLU())
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class UpBlock(nn.Module):
    """Twice as large by bilinear interpolation, joined with the skip, and a :class:`ConvBlock`."""

    def __init__(self, in_channels: int, channels: int, normalised: bool) -> None:
        super().__init__()
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.Conv2d(in_channels, channels, 1),
        )
        self.conv_block = ConvBlock(2 * channels, channels, normalised)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv_block(torch.cat([self.up(x), skip], dim=1))


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
