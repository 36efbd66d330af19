"""Fold each normalisation into the convolution before it."""

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)


def folded(
    network: Network,
    norm_class: type[nn.Module] = nn.BatchNorm2d,
    fuse: Callable[[Any, Any], nn.Conv2d] = fuse_conv_bn_eval,
    leave: Callable[[Any], nn.Module] = lambda norm: nn.Identity(),
) -> Network:
    """Return a copy of ``network`` in eval mode, without its normalisations.

    Relies on each of them being registered right after its convolution. ``fuse`` gives a copied
    convolution, whose weight is still the network's own, a norm's work too; ``leave`` makes what
    takes that norm's place.
    """
    # These weights are replaced anyway: to copy SCHP's would cost 250 MB.
    copied: dict[int, Any] = {
        id(conv.weight): conv.weight for _, _, conv, _ in _followed(network, norm_class)
    }
    network = copy.deepcopy(network, copied).eval()
    for parent, place, conv, name in list(_followed(network, norm_class)):
        norm = getattr(parent, name)
        setattr(parent, place, fuse(conv, norm))
        setattr(parent, name, leave(norm))
    return network


def _followed(
    network: nn.Module, norm_class: type[nn.Module]
) -> Iterator[tuple[nn.Module, str, nn.Conv2d, str]]:
    """Each convolution that a norm follows: their parent, and both names in it."""
    for parent in network.modules():
        for (place, conv), (name, norm) in pairwise(parent.named_children()):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, norm_class):
                yield parent, place, conv, name
