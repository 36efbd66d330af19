"""Augmented CE2P, the network of Self-Correction for Human Parsing (Li et al., TPAMI 2020)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .backbone import Backbone
from .heads import Decoder, EdgeBranch, PyramidPooling
from .norm import conv_norm


class ParsingLogits(NamedTuple):
    """(B, classes, h, w), the same, and (B, 2, h, w), at a quarter of the input's size."""

    parsing: Tensor
    fusion: Tensor
    edge: Tensor


class ParsingNetwork(Backbone):
    """Crops of one person each to logits of body parts and clothes.

    Attribute names are the keys of the official checkpoints (603 entries).

    Args:
        classes: Labels of the checkpoint, background included: 20, 18 or 7.

    Example:
        >>> network = ParsingNetwork(classes=20).eval()
        >>> logits = network(crops)  # doctest: +SKIP
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
