"""torchvision's backbones with six input channels, and the decoder of their features."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import mobilenet_v2, resnet50, resnet101

from ..backbones import Features, ResNetEncoder, tapped


class MobileNetV2Encoder(nn.Module):
    """MobileNetV2 without its last 1x1 convolution; taps at 1/2, 1/4, 1/8 and 1/16."""

    channels = (16, 24, 32, 320)
    taps = (1, 3, 6, 17)

    def __init__(self) -> None:
        super().__init__()
        features = mobilenet_v2(weights=None).features[:18]
        stem = features[0]
        assert isinstance(stem, nn.Sequential)
        stem[0] = nn.Conv2d(6, 32, 3, stride=2, padding=1, bias=False)
        _depthwise(features, 14).stride = (1, 1)
        for index in (15, 16, 17):
            depthwise = _depthwise(features, index)
            depthwise.dilation = depthwise.padding = (2, 2)
        self.features = features

    def forward(self, x: Tensor) -> Features:
        return tapped(self.features, x, self.taps)


def _depthwise(features: nn.Sequential, index: int) -> nn.Conv2d:
    """The depthwise convolution of an inverted residual block."""
    layer = features.get_submodule(f"{index}.conv.1.0")
    assert isinstance(layer, nn.Conv2d)
    return layer


ENCODERS: dict[str, Callable[[], MobileNetV2Encoder | ResNetEncoder]] = {
    "mobilenetv2": MobileNetV2Encoder,
    "resnet50": lambda: ResNetEncoder(resnet50, in_channels=6),
    "resnet101": lambda: ResNetEncoder(resnet101, in_channels=6),
}


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
