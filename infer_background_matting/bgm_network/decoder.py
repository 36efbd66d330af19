"""The decoder: four steps of resize, concatenation with the encoder's features, convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Decoder(nn.Module):
    """From 256 channels at 1/16 to 37 at the input's size: alpha, foreground, error, hidden."""

    def __init__(self, skip_channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        s1, s2, s3, s4 = skip_channels
        self.conv1 = nn.Conv2d(256 + s1, 128, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(128)
        self.conv2 = nn.Conv2d(128 + s2, 64, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64 + s3, 48, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(48)
        self.conv4 = nn.Conv2d(48 + s4, 37, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor, skips: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """Decode ``x`` with the skips from coarse to fine; the finest is the network's input."""
        return self.conv4(self.before_heads(x, skips))

    def before_heads(self, x: Tensor, skips: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """What the last convolution sees: 48 channels and the input, at the input's size."""
        return self._join(self.features(x, skips[:3]), skips[3])

    def features(self, x: Tensor, skips: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The 48 channels at the size of the finest of three ``skips``."""
        x = self.relu(self.bn1(self.conv1(self._join(x, skips[0]))))
        x = self.relu(self.bn2(self.conv2(self._join(x, skips[1]))))
        return self.relu(self.bn3(self.conv3(self._join(x, skips[2]))))

    @staticmethod
    def _join(x: Tensor, skip: Tensor) -> Tensor:
        return torch.cat([resize(x, (skip.shape[-2], skip.shape[-1])), skip], dim=1)


def resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize to ``size`` (height, width) without antialiasing."""
    return F.interpolate(x, size, mode="bilinear", align_corners=False)
