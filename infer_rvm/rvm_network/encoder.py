"""torchvision's backbones with an output stride of 16 and taps at 1/2, 1/4, 1/8 and 1/16."""

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_large, resnet50

VARIANTS = ("mobilenetv3", "resnet50")
Features = tuple[Tensor, Tensor, Tensor, Tensor]


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
        x = (x - self.mean) / self.deviation
        tapped = []
        for index, block in enumerate(self.features):
            x = block(x)
            if index in self.taps:
                tapped.append(x)
        return tuple(tapped)


class ResNet50Encoder(nn.Module):
    """ResNet-50, last stage dilated. Takes RGB in 0..1 as it is."""

    channels = (64, 256, 512, 2048)

    def __init__(self) -> None:
        super().__init__()
        net = resnet50(weights=None, replace_stride_with_dilation=[False, False, True])
        self.conv1, self.bn1, self.relu, self.maxpool = net.conv1, net.bn1, net.relu, net.maxpool
        self.layer1, self.layer2 = net.layer1, net.layer2
        self.layer3, self.layer4 = net.layer3, net.layer4

    def forward(self, x: Tensor) -> Features:
        f1 = self.relu(self.bn1(self.conv1(x)))
        f2 = self.layer1(self.maxpool(f1))
        f3 = self.layer2(f2)
        return f1, f2, f3, self.layer4(self.layer3(f3))


class LiteASPP(nn.Module):
    """LR-ASPP: a 1x1 branch gated by a globally pooled one."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.aspp1 = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(True),
        )
        self.aspp2 = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.aspp1(x) * self.aspp2(x)


def build_encoder(variant: str) -> MobileNetV3Encoder | ResNet50Encoder:
    """Build the encoder of ``variant``, one of :data:`VARIANTS`.

    Raises:
        ValueError: There is no such variant.
    """
    if variant == "mobilenetv3":
        return MobileNetV3Encoder()
    if variant == "resnet50":
        return ResNet50Encoder()
    raise ValueError(f"variant {variant!r} is not one of {', '.join(VARIANTS)}")
