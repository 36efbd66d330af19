"""Guided filters that carry the small matte to the full picture (He et al.; Wu et al., 2018)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import conv_norm


class GuidedFilter(nn.Module):
    """A filter that is linear in the picture; how it averages and weighs is a subclass's."""

    box_filter: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor, Tensor, Tensor], Tensor]

    def coefficients(self, source: Tensor, y: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and offset (B, 4, h, w) of the small picture ``source`` (B, 3, h, w)."""
        x = with_mean(source)
        mean_x, mean_y = self.box_filter(x), self.box_filter(y)
        covariance = self.box_filter(x * y) - mean_x * mean_y
        variance = self.box_filter(x * x) - mean_x * mean_x
        slope = self.slope(covariance, variance, hidden)
        return slope, mean_y - slope * mean_x

    def forward(
        self, source: Tensor, small: Tensor, residual: Tensor, alpha: Tensor, hidden: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return foreground residual and alpha at the size of ``source`` (B, 3, H, W)."""
        coefficients = self.coefficients(small, torch.cat([residual, alpha], dim=1), hidden)
        slope, offset = (
            F.interpolate(x, source.shape[-2:], mode="bilinear", align_corners=False)
            for x in coefficients
        )
        out = slope * with_mean(source) + offset
        return out[:, :3], out[:, 3:]


class DeepGuidedFilter(GuidedFilter):
    """The learned filter: its box filter and the map to slopes are trained."""

    def __init__(self, hidden_channels: int = 16) -> None:
        super().__init__()
        self.box_filter = nn.Conv2d(4, 4, 3, padding=1, bias=False, groups=4)
        self.conv = nn.Sequential(
            *conv_norm(8 + hidden_channels, hidden_channels, 1),
            *conv_norm(hidden_channels, hidden_channels, 1),
            nn.Conv2d(hidden_channels, 4, 1),
        )

    def slope(self, covariance: Tensor, variance: Tensor, hidden: Tensor) -> Tensor:
        return self.conv(torch.cat([covariance, variance, hidden], dim=1))


class FastGuidedFilter(GuidedFilter):
    """The filter without parameters: radius 1, eps 1e-5, borders padded with zeros."""

    eps = 1e-5

    def box_filter(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=True)

    def slope(self, covariance: Tensor, variance: Tensor, hidden: Tensor) -> Tensor:
        return covariance / (variance + self.eps)


REFINERS = {"deep_guided_filter": DeepGuidedFilter, "fast_guided_filter": FastGuidedFilter}


def with_mean(x: Tensor) -> Tensor:
    """Append the mean of the three colours as a fourth channel."""
    return torch.cat([x, x.mean(dim=1, keepdim=True)], dim=1)
