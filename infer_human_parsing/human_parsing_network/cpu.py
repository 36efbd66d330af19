"""The network on the CPU: folded, channels last, each convolution one call of oneDNN."""

import torch
from torch import Tensor, nn

from ..infer_human_parsing_kit.packed_convolutions import (
    NONE,
    RELU,
    PackedConvolution,
    can_pack,
    packed,
)
from .backbone import Bottleneck
from .network import ParsingNetwork
from .norm import folded


class PackedBottleneck(nn.Module):
    """A folded :class:`Bottleneck` in three or four calls; the shortcut is added in the last."""

    def __init__(self, block: Bottleneck) -> None:
        super().__init__()
        self.conv1 = PackedConvolution(block.conv1, RELU)
        self.conv2 = PackedConvolution(block.conv2, RELU)
        self.conv3 = PackedConvolution(block.conv3, RELU)
        self.downsample: nn.Module | None = None
        if isinstance(block.downsample, nn.Sequential):
            shortcut = block.downsample[0]
            assert isinstance(shortcut, nn.Conv2d)
            self.downsample = PackedConvolution(shortcut, NONE)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.conv3(self.conv2(self.conv1(x)), shortcut)


def optimised(network: ParsingNetwork) -> ParsingNetwork:
    """A copy that does the same but for rounding, for float32 pictures in channels last.

    Where PyTorch has no oneDNN it is only folded.
    """
    fast = folded(network).to(memory_format=torch.channels_last)
    if not can_pack():
        return fast
    for module in list(fast.modules()):
        for name, block in list(module.named_children()):
            if isinstance(block, Bottleneck):
                setattr(module, name, PackedBottleneck(block))
    return packed(fast)
