"""The network on the CPU: folded, channels last, each convolution one call of oneDNN."""

import torch

from ..infer_human_parsing_kit.packed_convolutions import can_pack, packed
from .backbone import Bottleneck
from .network import ParsingNetwork
from .norm import folded


def optimised(network: ParsingNetwork) -> ParsingNetwork:
    """A copy that does the same but for rounding, for float32 pictures in channels last.

    Where PyTorch has no oneDNN it is only folded.
    """
    fast = folded(network).to(memory_format=torch.channels_last)
    return packed(fast, Bottleneck) if can_pack() else fast
