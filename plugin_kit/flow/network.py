"""The U-Net that turns picture, flow and coarse matte into a matte; names are the checkpoint's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEGACY_CHANNELS, LEGACY_WIDTH = 4, 64
LEGACY_TENSORS = 26
DEPTH = 3
# Each level below the first halves the sides.
MULTIPLE = 2 ** (DEPTH - 1)
NORM_GROUPS = 8


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
