"""torchvision's backbones, and what gathers their deepest features."""

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_large, resnet50

from ..infer_rvm_kit.backbones import Features, ResNetEncoder, tapped


class MobileNetV3Encoder(nn.Module):
    """MobileNetV3-Large, last stage dilated. Normalises RGB in 0..1 by ImageNet's statistics."""

    channels = (16, 24, 40, 960)
    taps = (1, 3, 6, 16)
    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.features = mobilenet_v3_large(weights=None, dilated=True).features
        mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Features:
        return tapped(self.features, (x - self.mean) / self.deviation, self.taps)


# ResNet-50 takes RGB in 0..1 as it is.
ENCODERS = {"mobilenetv3": MobileNetV3Encoder, "resnet50": lambda: ResNetEncoder(resnet50)}


def conv_norm(in_channels: int, out_channels: int, kernel: int) -> list[nn.Module]:
    """A convolution without bias, its batch normalisation and a ReLU, for a Sequential."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(True),
    ]


class LiteASPP(nn.Module):
    """LR-ASPP: a 1x1 branch gated by a globally pooled one."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.aspp1 = nn.Sequential(*conv_norm(in_channels, out_channels, 1))
        gate = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.aspp2 = nn.Sequential(nn.AdaptiveAvgPool2d(1), gate, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.aspp1(x) * self.aspp2(x)
