"""Convolutions that run as one call of oneDNN each: weight laid out once, activation inside."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)
# What oneDNN calls an activation, and its numbers.
Activation = tuple[str, list[float]]
NONE: Activation = ("none", [])
RELU: Activation = ("relu", [])


class PackedConvolution(nn.Module):
    """A convolution with what is added to it and the activation after it, without a pass of theirs.

    ``F.conv2d`` lays the weight out anew at each call, takes a slower way for 1x1 kernels on one
    thread, and leaves the sum and the activation to passes over memory. What is used instead are
    the operators that torch's own compiler emits (``torch/_inductor/fx_passes/mkldnn_fusion.py``).
    Results differ from the plain layers' by rounding.

    The weight is laid out for the size of the pictures that come, anew where another comes: one
    that was laid out for another size can take twice the time; batches may differ. But for
    grouped convolutions, whose weights are few, only that is kept: both would double a network.

    Args:
        convolution: float32, on the CPU, without gradients; padded by zeros.
        activation: See :func:`activation_of`.
    """

    def __init__(self, convolution: nn.Conv2d, activation: Activation = NONE) -> None:
        super().__init__()
        self._weight: Tensor | None = convolution.weight.detach()
        self._packed: Tensor | None = None
        self._packed_size = torch.Size()
        self._bias = None if convolution.bias is None else convolution.bias.detach()
        assert not isinstance(convolution.padding, str) and convolution.padding_mode == "zeros"
        self._padding, self._stride = list(convolution.padding), list(convolution.stride)
        self._dilation, self._groups = list(convolution.dilation), convolution.groups
        self._activation = activation

    def forward(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        """Convolve ``x`` (B, C, H, W), channels last, add ``added``, and activate.

        With ``added``, of the result's shape, the activation is none or ReLU.
        """
        operator: Any = torch.ops.mkldnn._convolution_pointwise
        layer = (self._bias, self._padding, self._stride, self._dilation, self._groups)
        packed = self._packed_for(x)
        name, numbers = self._activation
        if added is None:
            return operator(x, packed, *layer, name, numbers, "")
        after = None if name == "none" else name
        return operator.binary(x, added, packed, *layer, "add", 1.0, after, numbers, None)

    def _packed_for(self, x: Tensor) -> Tensor:
        if self._packed_size != x.shape[1:]:
            plain = self._weight
            if plain is None:
                assert self._packed is not None
                plain = self._packed.to_dense()
            reorder: Any = torch.ops.mkldnn._reorder_convolution_weight
            layer = (self._padding, self._stride, self._dilation, self._groups)
            self._packed, self._packed_size = reorder(plain, *layer, list(x.shape)), x.shape[1:]
            if self._groups == 1:
                self._weight = None
        assert self._packed is not None
        return self._packed


class PackedSum(nn.Module):
    """A convolution of two inputs that need not be joined: the sum of a convolution of each.

    Args:
        convolution: As :class:`PackedConvolution` takes it, not grouped.
        channels: Its input channels that come from the first input.
        activation: Of the sum: none or ReLU.
    """

    def __init__(
        self, convolution: nn.Conv2d, channels: int, activation: Activation = NONE
    ) -> None:
        super().__init__()
        self._first = PackedConvolution(_part(convolution, slice(None, channels)))
        second = _part(convolution, slice(channels, None))
        second.bias = convolution.bias
        self._second = PackedConvolution(second, activation)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Convolve (B, channels, H, W) and (B, C, H, W), both channels last."""
        return self._second(second, self._first(first))


class PackedBottleneck(nn.Module):
    """A folded bottleneck of a ResNet in three or four calls; the last adds the shortcut.

    Args:
        block: With the layers ``conv1``, ``conv2``, ``conv3`` of torchvision's, ReLU after each,
            and with ``downsample``: None, or a Sequential that begins with a convolution and has
            nothing else to do.
    """

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.conv1 = PackedConvolution(block.conv1, RELU)
        self.conv2 = PackedConvolution(block.conv2, RELU)
        self.conv3 = PackedConvolution(block.conv3, RELU)
        shortcut = block.downsample
        self.downsample = None if shortcut is None else PackedConvolution(shortcut[0])

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.conv3(self.conv2(self.conv1(x)), shortcut)


def can_pack() -> bool:
    """Whether this PyTorch has oneDNN and the operators."""
    operators = ("_convolution_pointwise", "_reorder_convolution_weight")
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in operators
    )


def activation_of(layer: nn.Module) -> Activation | None:
    """What oneDNN does in place of ``layer``; None where it has no such activation."""
    if isinstance(layer, nn.LeakyReLU):
        return "leaky_relu", [layer.negative_slope]
    if isinstance(layer, nn.Hardtanh):
        # ReLU6 too.
        return "hardtanh", [layer.min_val, layer.max_val]
    names = {nn.ReLU: "relu", nn.Hardswish: "hardswish", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}
    name = names.get(type(layer))
    return None if name is None else (name, [])


def packed(network: Network, bottleneck: type[nn.Module] | None = None) -> Network:
    """Swap the convolutions of ``network``, a folded copy, and the activations after them.

    An activation joins its convolution where both stand in an ``nn.Sequential``, in which order
    is what runs; layers that folding left without work may stand between them. Of what is a
    ``bottleneck`` see :class:`PackedBottleneck`.
    """
    for module in list(network.modules()):
        for name, block in list(module.named_children()):
            if bottleneck is not None and isinstance(block, bottleneck):
                setattr(module, name, PackedBottleneck(block))
    for module in list(network.modules()):
        layers = list(module.named_children())
        for index, (name, layer) in enumerate(layers):
            if not isinstance(layer, nn.Conv2d) or not _is_packable(layer):
                continue
            activation = NONE
            if isinstance(module, nn.Sequential):
                rest = (found for found in layers[index + 1 :] if not _is_idle(found[1]))
                after, following = next(rest, ("", nn.Identity()))
                known = activation_of(following)
                if known is not None:
                    activation = known
                    setattr(module, after, nn.Identity())
            setattr(module, name, PackedConvolution(layer, activation))
    return network


def _part(convolution: nn.Conv2d, channels: slice) -> nn.Conv2d:
    """Of these input channels alone, without bias."""
    weight = convolution.weight.detach()[:, channels]
    assert convolution.groups == 1 and isinstance(convolution.padding, tuple)
    part = nn.utils.skip_init(
        nn.Conv2d,
        weight.shape[1],
        convolution.out_channels,
        weight.shape[2:],
        convolution.stride,
        convolution.padding,
        convolution.dilation,
        bias=False,
    )
    assert isinstance(part, nn.Conv2d)
    part.weight = nn.Parameter(weight.clone(), requires_grad=False)
    return part.to(memory_format=torch.channels_last)


def _is_packable(layer: nn.Conv2d) -> bool:
    return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _is_idle(layer: nn.Module) -> bool:
    return isinstance(layer, (nn.Identity, nn.Dropout, nn.Dropout2d))
