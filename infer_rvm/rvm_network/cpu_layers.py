"""Layers that compute what the network's own do, in the way a CPU does them fastest."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .decoder import OutputBlock, upsample_to
from .refiner import DeepGuidedFilter, with_mean


def optimised(network: nn.Module) -> nn.Module:
    """Swap layers of ``network``, a folded copy, for equal ones that a CPU runs faster."""
    network = network.to(memory_format=torch.channels_last)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Tanh):
                setattr(module, name, TanhBySigmoid())
            elif isinstance(child, DeepGuidedFilter):
                setattr(module, name, WideBoxFilter(child))
            elif isinstance(child, nn.Conv2d) and child.kernel_size == (1, 1):
                setattr(module, name, Pointwise(child))
            elif isinstance(child, OutputBlock):
                setattr(module, name, OutputInKeptMemory(child))
    return network


class Pointwise(nn.Module):
    """A 1x1 convolution that oneDNN computes on a single thread too."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        c = self._convolution
        # One weight has nothing to spread; but undilated, PyTorch would take a slower way, as it
        # does for dilated ones where the picture is small.
        dilation = 2 if x.shape[2:].numel() > 1 else 1
        return F.conv2d(x, c.weight, c.bias, c.stride, 0, dilation)


class TanhBySigmoid(nn.Module):
    """tanh(x) = 2 sigmoid(2 x) - 1: PyTorch vectorises the sigmoid, and is six times faster."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(2 * x).mul_(2).sub_(1)


class WideBoxFilter(nn.Module):
    """The deep guided filter's coefficients with the four box filters as one convolution."""

    def __init__(self, refiner: DeepGuidedFilter) -> None:
        super().__init__()
        weight = refiner.box_filter.weight.detach().repeat(4, 1, 1, 1)
        self.register_buffer("weight", weight, persistent=False)
        self.conv = refiner.conv

    def coefficients(self, source: Tensor, y: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and offset (B, 4, h, w); see :meth:`DeepGuidedFilter.coefficients`."""
        x = with_mean(source).contiguous(memory_format=torch.channels_last)
        moments = torch.cat([x, y, x * y, x * x], dim=1)
        means = F.conv2d(moments, self.weight, padding=1, groups=moments.shape[1])
        mean_x, mean_y, mean_xy, mean_xx = means.chunk(4, dim=1)
        covariance = mean_xy - mean_x * mean_y
        variance = mean_xx - mean_x * mean_x
        slope = self.conv(torch.cat([covariance, variance, hidden], dim=1))
        return slope, mean_y - slope * mean_x


class OutputInKeptMemory(nn.Module):
    """The output block, its largest array kept: new pages would cost more than filling it."""

    def __init__(self, block: OutputBlock) -> None:
        super().__init__()
        self.conv = block.conv
        self._joined = torch.empty(0)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """From ``x`` (1, C, h / 2, w / 2) and ``source`` (1, 3, h, w) to (1, 16, h, w)."""
        shape = (1, x.shape[1] + 3, *source.shape[2:])
        if self._joined.shape != shape:
            self._joined = torch.empty(shape, memory_format=torch.channels_last)
        torch.cat([upsample_to(x, source), source], dim=1, out=self._joined)
        return self.conv(self._joined)
