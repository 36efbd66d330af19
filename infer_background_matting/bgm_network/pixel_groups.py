"""Unpadded 3x3 convolutions of pixels that are grouped two by two.

With so few channels and so small windows as the refiner's, most of a 3x3 convolution's time is not
spent on multiplying. Four neighbouring pixels as one of four times the channels (space to depth)
make it a 2x2 convolution of a quarter as many places, and maps that were doubled by repeating need
not be: there the four are equal, and their weights add up. The channels of a group are ordered by
row, column and channel.
"""

import torch
from torch import Tensor, nn

from ..infer_background_matting_kit.packed_convolutions import (
    NONE,
    RELU,
    PackedConvolution,
    can_pack,
)


def grouped(weight: Tensor) -> Tensor:
    """(K, C, 3, 3) to (4 K, 4 C, 2, 2): from n x n groups of pixels to (n - 1) x (n - 1)."""
    outputs, channels = weight.shape[:2]
    wide = weight.new_zeros(2, 2, outputs, 4, 4, channels)
    for row in range(2):
        for column in range(2):
            wide[row, column, :, row : row + 3, column : column + 3] = weight.permute(0, 2, 3, 1)
    # The four rows and columns are those of two groups each.
    taps = wide.view(2, 2, outputs, 2, 2, 2, 2, channels).permute(0, 1, 2, 4, 6, 7, 3, 5)
    return taps.reshape(4 * outputs, 4 * channels, 2, 2)


def grouped_doubled(weight: Tensor) -> Tensor:
    """(K, C, 3, 3) to (4 K, C, 2, 2): the same on a map that each pixel stands for a group of."""
    wide = grouped(weight)
    return wide.view(len(wide), 4, -1, 2, 2).sum(1)


def group_layer(weight: Tensor, bias: Tensor | None, *, activated: bool) -> nn.Module:
    """The convolution by ``weight`` of a group, with one ``bias`` a pixel, and ReLU or nothing."""
    outputs, channels, *size = weight.shape
    assert bias is not None
    convolution = nn.utils.skip_init(nn.Conv2d, channels, outputs, size)
    assert isinstance(convolution, nn.Conv2d)
    convolution.weight = nn.Parameter(weight, requires_grad=False)
    convolution.bias = nn.Parameter(bias.detach().repeat(4), requires_grad=False)
    convolution.to(memory_format=torch.channels_last)
    if can_pack():
        return PackedConvolution(convolution, RELU if activated else NONE)
    return nn.Sequential(convolution, nn.ReLU() if activated else nn.Identity())


def pixels_of(groups: Tensor) -> Tensor:
    """A view of (N, h, w, 4 C) as pixels (N, h, 2, w, 2, C)."""
    count, height, width, channels = groups.shape
    return groups.view(count, height, width, 2, 2, channels // 4).permute(0, 1, 3, 2, 4, 5)
