"""The checkpoints' normalisation layer: batch norm whose scale cannot change sign."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS = 1e-5
SLOPE = 0.01


class AbsNorm(nn.Module):
    """Batch norm by |weight| + 1e-5, followed by LeakyReLU(0.01) where ``activated``.

    The checkpoints hold negative weights; a plain batch norm would load them without a word and
    give other pictures. They hold no ``num_batches_tracked`` either, and neither does this layer.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, activated: bool) -> None:
        super().__init__()
        self.activated = activated
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def scale(self) -> Tensor:
        """The factor that is applied after whitening, (C,), always above 0."""
        return self.weight.abs() + EPS

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        x = F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.scale(),
            self.bias,
            training=self.training,
            momentum=0.1,
            eps=EPS,
        )
        return F.leaky_relu(x, SLOPE) if self.activated else x


def conv_norm(in_channels: int, out_channels: int, kernel: int = 1) -> list[nn.Module]:
    """A convolution without bias and its activated norm, as two entries of a Sequential."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
        AbsNorm(out_channels, activated=True),
    ]


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
