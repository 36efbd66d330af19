"""Guided filters that carry the small matte to the full picture (He et al.; Wu et al., 2018)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

REFINERS = ("deep_guided_filter", "fast_guided_filter")


class DeepGuidedFilter(nn.Module):
    """The learned filter: its box filter and the map to slopes are trained."""

    def __init__(self, hidden_channels: int = 16) -> None:
        super().__init__()
        self.box_filter = nn.Conv2d(4, 4, 3, padding=1, bias=False, groups=4)
        self.conv = nn.Sequential(
            nn.Conv2d(8 + hidden_channels, hidden_channels, 1, bias=False),
            nn.BatchNorm2d(hidden_channels),
            nn.ReLU(True),
            nn.Conv2d(hidden_channels, hidden_channels, 1, bias=False),
            nn.BatchNorm2d(hidden_channels),
            nn.ReLU(True),
            nn.Conv2d(hidden_channels, 4, 1),
        )

    def coefficients(self, source: Tensor, y: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and offset (B, 4, h, w) of the small picture ``source`` (B, 3, h, w)."""
        x = with_mean(source)
        mean_x, mean_y = self.box_filter(x), self.box_filter(y)
        covariance = self.box_filter(x * y) - mean_x * mean_y
        variance = self.box_filter(x * x) - mean_x * mean_x
        slope = self.conv(torch.cat([covariance, variance, hidden], dim=1))
        return slope, mean_y - slope * mean_x

    def forward(
        self, source: Tensor, small: Tensor, residual: Tensor, alpha: Tensor, hidden: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return foreground residual and alpha at the size of ``source`` (B, 3, H, W)."""
        slope, offset = self.coefficients(small, torch.cat([residual, alpha], dim=1), hidden)
        return apply_filter(source, slope, offset)


class FastGuidedFilter(nn.Module):
    """The filter without parameters: radius 1, eps 1e-5, borders padded with zeros."""

    eps = 1e-5

    def coefficients(self, source: Tensor, y: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        x = with_mean(source)
        mean_x, mean_y = _box(x), _box(y)
        covariance = _box(x * y) - mean_x * mean_y
        variance = _box(x * x) - mean_x * mean_x
        slope = covariance / (variance + self.eps)
        return slope, mean_y - slope * mean_x

    forward = DeepGuidedFilter.forward


def with_mean(x: Tensor) -> Tensor:
    """Append the mean of the three colours as a fourth channel."""
    return torch.cat([x, x.mean(dim=1, keepdim=True)], dim=1)


def apply_filter(source: Tensor, slope: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    size = source.shape[-2:]
    slope = F.interpolate(slope, size, mode="bilinear", align_corners=False)
    offset = F.interpolate(offset, size, mode="bilinear", align_corners=False)
    out = slope * with_mean(source) + offset
    return out[:, :3], out[:, 3:]


def _box(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=True)


def build_refiner(name: str) -> DeepGuidedFilter | FastGuidedFilter:
    """Build the refiner ``name``, one of :data:`REFINERS`.

    Raises:
        ValueError: There is no such refiner.
    """
    if name == "deep_guided_filter":
        return DeepGuidedFilter()
    if name == "fast_guided_filter":
        return FastGuidedFilter()
    raise ValueError(f"refiner {name!r} is not one of {', '.join(REFINERS)}")
