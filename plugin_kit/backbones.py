"""torchvision's backbones as encoders: an output stride of 16, taps at 1/2, 1/4, 1/8 and 1/16."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from torch import Tensor, nn
from torchvision.models import ResNet

Features = tuple[Tensor, Tensor, Tensor, Tensor]
Module = TypeVar("Module", bound=nn.Module)


def built(builders: Mapping[str, Callable[[], Module]], name: str) -> Module:
    """What the builder called ``name`` makes; ValueError where there is none."""
    if name not in builders:
        raise ValueError(f"{name!r} is not one of {', '.join(builders)}")
    return builders[name]()


class ResNetEncoder(nn.Module):
    """A ResNet by torchvision's ``builder``, its last stage dilated."""

    channels = (64, 256, 512, 2048)

    def __init__(self, builder: Callable[..., ResNet], in_channels: int = 3) -> None:
        super().__init__()
        net = builder(weights=None, replace_stride_with_dilation=[False, False, True])
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1, self.relu, self.maxpool = net.bn1, net.relu, net.maxpool
        self.layer1, self.layer2 = net.layer1, net.layer2
        self.layer3, self.layer4 = net.layer3, net.layer4

    def forward(self, x: Tensor) -> Features:
        x1 = self.relu(self.bn1(self.conv1(x)))
        x2 = self.layer1(self.maxpool(x1))
        x3 = self.layer2(x2)
        return x1, x2, x3, self.layer4(self.layer3(x3))


def tapped(blocks: nn.Sequential, x: Tensor, taps: Sequence[int]) -> Features:
    """What the four blocks of these indices make of ``x``."""
    found = []
    for index, block in enumerate(blocks):
        x = block(x)
        if index in taps:
            found.append(x)
    x1, x2, x3, x4 = found
    return x1, x2, x3, x4
