"""Start the refiner as a resize of what the coarse network says.

Randomly filled, the refiner first has to learn to copy its input before it can improve it. Here
seven of its channels carry alpha and the two signs of the foreground residual through unchanged;
the last layer ignores the other channels until training finds a use for them.
"""

from __future__ import annotations

import torch
from torch import nn

from ..train_background_matting_kit.bgmv2.refiner import Refiner

HIDDEN = 32
CARRIED = 7
# About the mean and deviation of alpha and of one sign of the residual in refined cells: with
# them the batch norm passes its input on in evaluation, and nearly so in training.
MEANS = torch.tensor([0.5] + [0.05] * 6)
DEVIATIONS = torch.tensor([0.35] + [0.1] * 6)


@torch.no_grad()
def pass_through(refiner: Refiner) -> None:
    """Make a ``refiner`` of kernel size 3 return its coarse input, resized bilinearly."""
    point = torch.zeros(3, 3)
    point[1, 1] = 1
    # After doubling by the nearest neighbour this makes the resize a bilinear one.
    tent = torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([1.0, 2, 1])) / 16
    # Alpha, and of each colour the residual and its negative.
    split = torch.zeros(CARRIED, 4)
    split[:4], split[4:, 1:] = torch.eye(4), -torch.eye(3)
    first = torch.zeros(CARRIED, refiner.conv1.in_channels)
    first[:, HIDDEN : HIDDEN + 4] = split
    last = torch.zeros_like(refiner.conv4.weight[:, :, 0, 0])
    last[:4, :CARRIED] = split.T
    _carry(refiner.conv1, refiner.bn1, first, point)
    _carry(refiner.conv2, refiner.bn2, torch.eye(CARRIED, refiner.conv2.in_channels), point)
    _carry(refiner.conv3, refiner.bn3, torch.eye(CARRIED, refiner.conv3.in_channels), tent)
    refiner.conv4.weight.copy_(last[:, :, None, None] * point)
    refiner.conv4.get_parameter("bias").zero_()


def _carry(
    convolution: nn.Conv2d, norm: nn.BatchNorm2d, mix: torch.Tensor, kernel: torch.Tensor
) -> None:
    convolution.weight[:CARRIED] = mix[:, :, None, None] * kernel
    norm.get_buffer("running_mean")[:CARRIED], norm.bias[:CARRIED] = MEANS, MEANS
    norm.get_buffer("running_var")[:CARRIED] = DEVIATIONS**2 - norm.eps
    norm.weight[:CARRIED] = DEVIATIONS
