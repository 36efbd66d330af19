"""torchvision's backbones with six input channels and an output stride of 16."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torchvision.models import ResNet, mobilenet_v2, resnet50, resnet101

BACKBONES = ("mobilenetv2", "resnet50", "resnet101")
Features = tuple[Tensor, Tensor, Tensor, Tensor]


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
        tapped = []
        for index, block in enumerate(self.features):
            x = block(x)
            if index in self.taps:
                tapped.append(x)
        x1, x2, x3, x4 = tapped
        return x1, x2, x3, x4


def _depthwise(features: nn.Sequential, index: int) -> nn.Conv2d:
    """The depthwise convolution of an inverted residual block."""
    layer = features.get_submodule(f"{index}.conv.1.0")
    assert isinstance(layer, nn.Conv2d)
    return layer


class ResNetEncoder(nn.Module):
    """ResNet-50 or -101 whose last stage is dilated; taps at 1/2, 1/4, 1/8 and 1/16."""

    channels = (64, 256, 512, 2048)

    def __init__(self, builder: Callable[..., ResNet]) -> None:
        super().__init__()
        net = builder(weights=None, replace_stride_with_dilation=[False, False, True])
        self.conv1 = nn.Conv2d(6, 64, 7, stride=2, padding=3, bias=False)
        self.bn1, self.relu, self.maxpool = net.bn1, net.relu, net.maxpool
        self.layer1, self.layer2 = net.layer1, net.layer2
        self.layer3, self.layer4 = net.layer3, net.layer4

    def forward(self, x: Tensor) -> Features:
        x1 = self.relu(self.bn1(self.conv1(x)))
        x2 = self.layer1(self.maxpool(x1))
        x3 = self.layer2(x2)
        return x1, x2, x3, self.layer4(self.layer3(x3))


def build_encoder(name: str) -> MobileNetV2Encoder | ResNetEncoder:
    """Build the encoder ``name``, one of :data:`BACKBONES`.

    Raises:
        ValueError: There is no such backbone.
    """
    if name == "mobilenetv2":
        return MobileNetV2Encoder()
    if name == "resnet50":
        return ResNetEncoder(resnet50)
    if name == "resnet101":
        return ResNetEncoder(resnet101)
    raise ValueError(f"backbone {name!r} is not one of {', '.join(BACKBONES)}")
