"""The network for inference: each norm folded into the convolution before it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn

from .norm import EPS, SLOPE, AbsNorm

Network = TypeVar("Network", bound=nn.Module)


def folded(network: Network) -> Network:
    """Return a copy that does the same in eval mode, a tenth faster on the CPU; its keys differ.

    Relies on each norm being registered right after its convolution, as this network's are.
    """
    # These weights are replaced anyway: to copy them would cost 250 MB.
    shared = {id(conv.weight): conv.weight for _, conv, _ in _followed_convolutions(network)}
    network = copy.deepcopy(network, shared).eval()
    for parent, conv, name in list(_followed_convolutions(network)):
        norm = getattr(parent, name)
        _fold(conv, norm)
        setattr(parent, name, nn.LeakyReLU(SLOPE) if norm.activated else nn.Identity())
    return network


def _followed_convolutions(network: nn.Module) -> Iterator[tuple[nn.Module, nn.Conv2d, str]]:
    """Each convolution that a norm follows, with their parent and the norm's name in it."""
    for parent in network.modules():
        for (_, conv), (name, norm) in pairwise(parent.named_children()):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, AbsNorm):
                yield parent, conv, name


@torch.no_grad()
def _fold(conv: nn.Conv2d, norm: AbsNorm) -> None:
    """Give ``conv`` the weights that do ``norm``'s work too; the old ones are left as they are."""
    deviation = torch.sqrt(norm.running_var.double() + EPS)
    factor = norm.scale().double() / deviation
    bias = norm.bias.double() - norm.running_mean.double() * factor
    weight = conv.weight * factor.to(conv.weight)[:, None, None, None]
    conv.weight = nn.Parameter(weight, requires_grad=False)
    conv.bias = nn.Parameter(bias.to(weight), requires_grad=False)
