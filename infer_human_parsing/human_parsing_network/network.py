"""Augmented CE2P, the network of Self-Correction for Human Parsing (Li et al., TPAMI 2020)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import Backbone
from .norm import conv_norm

POOLED_SIZES = (1, 2, 3, 6)


def resize(x: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    """Bilinear, corner to corner, as everywhere in this network."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class PyramidPooling(nn.Module):
    """The deepest features beside their means over 1, 4, 9 and 36 cells: (B, 512, h, w)."""

    def __init__(self, in_channels: int = 2048, channels: int = 512) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), *conv_norm(in_channels, channels))
            for size in POOLED_SIZES
        )
        joined = in_channels + len(POOLED_SIZES) * channels
        self.bottleneck = nn.Sequential(*conv_norm(joined, channels, kernel=3))

    def forward(self, x: Tensor) -> Tensor:
        pooled = [resize(stage(x), x.shape[2:]) for stage in self.stages]
        return self.bottleneck(torch.cat([*pooled, x], dim=1))


class Decoder(nn.Module):
    """Context at 1/16 and fine features at 1/4 to the parsing feature (256) and its logits."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(*conv_norm(512, 256))
        self.conv2 = nn.Sequential(*conv_norm(256, 48))
        self.conv3 = nn.Sequential(*conv_norm(304, 256), *conv_norm(256, 256))
        self.conv4 = nn.Conv2d(256, classes, 1)

    def feature(self, context: Tensor, x2: Tensor) -> Tensor:
        coarse = resize(self.conv1(context), x2.shape[2:])
        return self.conv3(torch.cat([coarse, self.conv2(x2)], dim=1))


class EdgeBranch(nn.Module):
    """Where one part meets the next: a feature of 768 channels at 1/4, and two edge logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(*conv_norm(256, 256))
        self.conv2 = nn.Sequential(*conv_norm(512, 256))
        self.conv3 = nn.Sequential(*conv_norm(1024, 256))
        self.conv4 = nn.Conv2d(256, 2, 3, padding=1)
        self.conv5 = nn.Conv2d(6, 2, 1)

    def scales(self, x2: Tensor, x3: Tensor, x4: Tensor) -> list[Tensor]:
        """256 channels each, at 1/4, 1/8 and 1/16."""
        return [self.conv1(x2), self.conv2(x3), self.conv3(x4)]

    @staticmethod
    def feature(scales: list[Tensor]) -> Tensor:
        size = scales[0].shape[2:]
        return torch.cat([scales[0], *(resize(x, size) for x in scales[1:])], dim=1)

    def logits(self, scales: list[Tensor]) -> Tensor:
        size = scales[0].shape[2:]
        # The 3x3 convolution comes before the resize; the other order gives other edges.
        first, *rest = (self.conv4(x) for x in scales)
        return self.conv5(torch.cat([first, *(resize(x, size) for x in rest)], dim=1))


class ParsingLogits(NamedTuple):
    """(B, classes, h, w), the same, and (B, 2, h, w), at a quarter of the input's size."""

    parsing: Tensor
    fusion: Tensor
    edge: Tensor


class ParsingNetwork(Backbone):
    """Crops of one person each to logits of body parts and clothes.

    Attribute names are the keys of the official checkpoints (603 entries), which have 20, 18 or 7
    classes, the background included.
    """

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        self.context_encoding = PyramidPooling()
        self.edge = EdgeBranch()
        self.decoder = Decoder(classes)
        # Spelt as in the checkpoints.
        self.fushion = nn.Sequential(
            *conv_norm(1024, 256), nn.Dropout2d(0.1), nn.Conv2d(256, classes, 1)
        )

    @property
    def classes(self) -> int:
        last = self.fushion[-1]
        assert isinstance(last, nn.Conv2d)
        return last.out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Fusion logits (B, classes, h, w) of normalised BGR crops (B, 3, H, W), h about H / 4."""
        parsing, scales = self._branches(x)
        return self.fushion(torch.cat([parsing, self.edge.feature(scales)], dim=1))

    def all_logits(self, x: Tensor) -> ParsingLogits:
        """What the network was trained on; parsing without the edge branch, fusion, and edges."""
        parsing, scales = self._branches(x)
        fusion = self.fushion(torch.cat([parsing, self.edge.feature(scales)], dim=1))
        return ParsingLogits(self.decoder.conv4(parsing), fusion, self.edge.logits(scales))

    def _branches(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        x2, x3, x4, x5 = self.features(x)
        parsing = self.decoder.feature(self.context_encoding(x5), x2)
        return parsing, self.edge.scales(x2, x3, x4)
