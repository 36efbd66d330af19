"""ResNet-101 with a stem of three convolutions and a dilated last stage."""

from torch import Tensor, nn
from torch.nn import functional as F

from .norm import AbsNorm

EXPANSION = 4


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 around a shortcut; the stride sits on the 3x3."""

    def __init__(self, in_channels: int, planes: int, stride: int, dilation: int) -> None:
        super().__init__()
        out_channels = planes * EXPANSION
        self.conv1 = nn.Conv2d(in_channels, planes, 1, bias=False)
        self.bn1 = AbsNorm(planes, activated=False)
        self.conv2 = nn.Conv2d(
            planes, planes, 3, stride, padding=dilation, dilation=dilation, bias=False
        )
        self.bn2 = AbsNorm(planes, activated=False)
        self.conv3 = nn.Conv2d(planes, out_channels, 1, bias=False)
        self.bn3 = AbsNorm(out_channels, activated=False)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                AbsNorm(out_channels, activated=False),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


class Backbone(nn.Module):
    """Stem and four stages; :class:`ParsingNetwork` inherits them under the checkpoint's keys."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = self._stem(3, 64, stride=2)
        self.conv2, self.bn2 = self._stem(64, 64)
        self.conv3, self.bn3 = self._stem(64, 128)
        self.layer1 = self._stage(128, 64, depth=3)
        self.layer2 = self._stage(256, 128, depth=4, stride=2)
        self.layer3 = self._stage(512, 256, depth=23, stride=2)
        self.layer4 = self._stage(1024, 512, depth=3, dilation=2)

    @staticmethod
    def _stem(in_channels: int, out_channels: int, stride: int = 1) -> tuple[nn.Conv2d, AbsNorm]:
        conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        return conv, AbsNorm(out_channels, activated=False)

    @staticmethod
    def _stage(
        channels: int, planes: int, *, depth: int, stride: int = 1, dilation: int = 1
    ) -> nn.Sequential:
        first = Bottleneck(channels, planes, stride, dilation)
        rest = (Bottleneck(planes * EXPANSION, planes, 1, dilation) for _ in range(depth - 1))
        return nn.Sequential(first, *rest)

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Normalised BGR (B, 3, H, W) to 256 channels at 1/4, 512 at 1/8, 1024 and 2048 at 1/16."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))
        x2 = self.layer1(F.max_pool2d(x, 3, stride=2, padding=1))
        x3 = self.layer2(x2)
        x4 = self.layer3(x3)
        return x2, x3, x4, self.layer4(x4)
