"""The network on the CPU: rearranged, channels last, each convolution one call of oneDNN."""

import torch

from ..infer_human_parsing_kit.packed_convolutions import can_pack, packed
from .backbone import Bottleneck
from .network import ParsingNetwork
from .norm import folded
from .rearranged import RearrangedParsing


def rearranged(network: ParsingNetwork) -> RearrangedParsing:
    """A copy that does the same but for rounding, of plain layers, for any runtime."""
    return RearrangedParsing(folded(network)).eval()


def optimised(network: ParsingNetwork) -> RearrangedParsing:
    """The same for float32 pictures in channels last, each convolution packed for oneDNN.

    Where PyTorch has no oneDNN it is only rearranged.
    """
    fast = rearranged(network).to(memory_format=torch.channels_last)
    return packed(fast, Bottleneck) if can_pack() else fast
