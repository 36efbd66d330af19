"""The network with a seventh fewer multiplications, the same but for rounding.

A convolution of what was made larger is, both being linear, the larger picture of a convolution:
1x1 convolutions are done at the small size, where the weights of a bilinear resize, which sum to 1,
let the bias through. In the pyramid, whose 3x3 convolution sees the border's zeros, the pooled maps
have 50 cells together: each is multiplied by each tap once, and a matrix lays the products out.
Nothing is concatenated, since a convolution of several parts is the sum of theirs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..infer_human_parsing_kit.packed_convolutions import PackedConvolution
from .network import POOLED_SIZES, ParsingNetwork, PyramidPooling, resize
from .norm import SLOPE

TAPS = 9


class RearrangedParsing(nn.Module):
    """Crops to fusion logits, as ``ParsingNetwork.forward``.

    Args:
        network: Folded; its layers are used, not copied.
    """

    def __init__(self, network: ParsingNetwork) -> None:
        super().__init__()
        stem = (network.conv1, network.conv2, network.conv3)
        self.stem = nn.Sequential(*(layer for conv in stem for layer in (conv, nn.ReLU())))
        self.layer1, self.layer2 = network.layer1, network.layer2
        self.layer3, self.layer4 = network.layer3, network.layer4
        self.context = RearrangedPyramid(network.context_encoding)
        decoder, edge = network.decoder, network.edge
        self.coarse, self.fine = decoder.conv1, decoder.conv2
        self.edge1, self.edge2, self.edge3 = edge.conv1, edge.conv2, edge.conv3
        first, _, *rest = decoder.conv3
        self.of_coarse, self.of_fine = _parts(first, (256, 48))
        self.parsing = nn.Sequential(*rest)
        first, _, _, *rest = network.fushion
        parts = _parts(first, (256,) * 4)
        self.of_parsing, self.of_edge1, self.of_edge2, self.of_edge3 = parts
        self.fusion = nn.Sequential(*rest)

    def forward(self, x: Tensor) -> Tensor:
        x2 = self.layer1(F.max_pool2d(self.stem(x), 3, stride=2, padding=1))
        x3 = self.layer2(x2)
        x4 = self.layer3(x3)
        context = self.context(self.layer4(x4))
        size = x2.shape[2:]
        coarse = resize(self.of_coarse(self.coarse(context)), size)
        parsing = self.parsing(_leaky(_plus(self.of_fine, self.fine(x2), coarse)))
        edges = resize(self.of_edge2(self.edge2(x3)), size)
        edges = edges.add_(resize(self.of_edge3(self.edge3(x4)), size))
        edges = _plus(self.of_edge1, self.edge1(x2), edges)
        return self.fusion(_leaky(_plus(self.of_parsing, parsing, edges)))


class RearrangedPyramid(nn.Module):
    """The pyramid's context (B, 512, h, w) without its 2048 channels of resized means."""

    taps: Tensor

    def __init__(self, pyramid: PyramidPooling) -> None:
        super().__init__()
        self.stages = pyramid.stages
        first = pyramid.bottleneck[0]
        assert isinstance(first, nn.Conv2d)
        channels = first.out_channels
        pooled = len(POOLED_SIZES) * channels
        convolved = _parts(first, (pooled, first.in_channels - pooled))
        self.deepest = convolved[1]
        # (stages, channels in, taps of the kernel times channels out)
        taps = convolved[0].weight.detach().reshape(channels, len(POOLED_SIZES), channels, TAPS)
        self.register_buffer("taps", taps.permute(1, 2, 3, 0).flatten(2).contiguous())
        if convolved[0].bias is not None:
            self.deepest.bias = convolved[0].bias
        self._layout: Tensor | None = None
        self._layout_size = torch.Size()

    def forward(self, x: Tensor) -> Tensor:
        products = []
        for stage, taps in zip(self.stages, self.taps, strict=True):
            cells = stage(x).flatten(2).transpose(1, 2)
            products.append((cells @ taps).unflatten(2, (TAPS, -1)).flatten(1, 2))
        pooled = self._laid_out(x) @ torch.cat(products, dim=1)
        height, width = x.shape[2:]
        pooled = pooled.unflatten(1, (height, width)).permute(0, 3, 1, 2)
        return _leaky(_plus(self.deepest, x, pooled))

    def _laid_out(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        if torch.jit.is_tracing():  # type: ignore[attr-defined]
            return layout(size, x)
        if self._layout is None or self._layout_size != size:
            self._layout, self._layout_size = layout(size, x), size
        return self._layout


def layout(size: torch.Size, like: Tensor) -> Tensor:
    """How much of each cell meets each tap at each pixel: (pixels, cells of all stages x taps)."""
    parts = []
    for cells in POOLED_SIZES:
        one_cell_each = torch.eye(cells * cells, dtype=like.dtype, device=like.device)
        maps = resize(one_cell_each.reshape(1, cells * cells, cells, cells), size)
        parts.append(F.unfold(maps, kernel_size=3, padding=1)[0])
    return torch.cat(parts).T.contiguous()


def _parts(conv: nn.Module, channels: Sequence[int]) -> list[nn.Conv2d]:
    """A convolution for each range of input channels, whose sum is ``conv``; the first has bias."""
    assert isinstance(conv, nn.Conv2d)
    parts, start = [], 0
    for count in channels:
        part = nn.utils.skip_init(
            nn.Conv2d,
            count,
            conv.out_channels,
            conv.kernel_size,
            conv.stride,
            conv.padding,
            conv.dilation,
            bias=False,
        )
        weight = conv.weight.detach()[:, start : start + count].clone()
        part.weight = nn.Parameter(weight, requires_grad=False)
        parts.append(part)
        start += count
    parts[0].bias = conv.bias
    return parts


def _plus(layer: nn.Module, x: Tensor, added: Tensor) -> Tensor:
    return layer(x, added) if isinstance(layer, PackedConvolution) else layer(x) + added


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE, inplace=True)
