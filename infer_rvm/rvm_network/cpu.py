"""The network on the CPU: folded, channels last at the small size, OpenCV at the full one."""

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.resnet import Bottleneck

from ..infer_rvm_kit.folding import Network, folded
from ..infer_rvm_kit.packed_convolutions import RELU, PackedSum, can_pack, packed
from .decoder import BottleneckBlock, NewStates, OutputBlock, States, upsample_to
from .full_size import Matte, apply_alpha_filter, apply_filter
from .network import MattingNetwork, shrink
from .recurrence import BlockInKeptMemory
from .refiner import DeepGuidedFilter


class CpuStep:
    """One frame through a folded copy of ``network``; equal to its forward but for rounding."""

    def __init__(self, network: MattingNetwork) -> None:
        self._network = optimised(folded(network))
        self._pixels = np.empty(0, np.float32)

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        """Matte ``image``, uint8 RGB (H, W, 3), and return the new states too."""
        pixels = self._as_floats(image)
        found, states = self._solved(pixels, states, ratio)
        if ratio == 1:
            return _direct(image, *found), states
        return apply_filter(pixels, *found), states

    @torch.inference_mode()
    def alpha(self, image: np.ndarray, states: States, ratio: float) -> tuple[np.ndarray, States]:
        """The alpha alone, float32 (H, W), in less time, and the new states."""
        pixels = self._as_floats(image)
        found, states = self._solved(pixels, states, ratio)
        if ratio == 1:
            return found[0][0, 3].clamp(0, 1).contiguous().numpy(), states
        return apply_alpha_filter(pixels, *found), states

    def _solved(
        self, pixels: np.ndarray, states: States, ratio: float
    ) -> tuple[tuple[Tensor, ...], States]:
        small = shrink(torch.from_numpy(pixels).permute(2, 0, 1)[None], ratio) / 255
        # Joined to features in channels last, a picture in another layout would reorder them all.
        small = small.contiguous(memory_format=torch.channels_last)
        return self._at_small_size(small, states, ratio == 1)

    def _at_small_size(
        self, small: Tensor, states: States, is_direct: bool
    ) -> tuple[tuple[Tensor, ...], States]:
        return at_small_size(self._network, small, states, is_direct)

    def _as_floats(self, image: np.ndarray) -> np.ndarray:
        """``image`` in 0..255, in memory kept from frame to frame: new pages cost more."""
        if self._pixels.shape != image.shape:
            self._pixels = np.empty(image.shape, np.float32)
        np.copyto(self._pixels, image)
        return self._pixels


def at_small_size(
    network: MattingNetwork, small: Tensor, states: States, is_direct: bool
) -> tuple[tuple[Tensor, ...], NewStates]:
    """What the matte is made of, at the size of ``small`` (1, 3, h, w), and the new states.

    The residual with alpha (1, 4, h, w) where it ``is_direct``, else the filter's slope and offset.
    """
    hidden, new_states = network.decode(small, states)
    projected = network.project_mat(hidden)
    if is_direct:
        return (projected,), new_states
    return network.refiner.coefficients(small, projected, hidden), new_states


def _direct(image: np.ndarray, projected: Tensor) -> Matte:
    planes = projected[0].permute(1, 2, 0).contiguous().numpy()
    residual = np.ascontiguousarray(planes[..., :3]) * np.float32(255)
    return Matte(np.clip(planes[..., 3], 0, 1), cv2.add(image, residual, dtype=cv2.CV_8U))


def optimised(network: Network) -> Network:
    """Swap layers of ``network``, a folded copy, for equal ones that a CPU runs faster."""
    network = network.to(memory_format=torch.channels_last)
    is_packed = can_pack()
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Tanh) and not is_packed:
                setattr(module, name, TanhBySigmoid())
            elif isinstance(child, DeepGuidedFilter):
                setattr(module, name, WideBoxFilter(child))
            elif not is_packed and isinstance(child, nn.Conv2d) and child.kernel_size == (1, 1):
                setattr(module, name, Pointwise(child))
            elif isinstance(child, BottleneckBlock):
                setattr(module, name, BlockInKeptMemory(child))
            elif is_packed and isinstance(child, OutputBlock):
                setattr(module, name, OutputOfParts(child))
    return packed(network, Bottleneck) if is_packed else network


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1) -> Tensor:
    """A 1x1 convolution that oneDNN computes on a single thread too."""
    # One weight has nothing to spread; but undilated, PyTorch would take a slower way, as it does
    # for dilated ones where the picture is a single pixel.
    dilation = 2 if x.shape[2:].numel() > 1 else 1
    return F.conv2d(x, weight, bias, stride, padding=0, dilation=dilation)


class Pointwise(nn.Module):
    """A 1x1 convolution by :func:`pointwise`."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        layer = self._convolution
        return pointwise(x, layer.weight, layer.bias, layer.stride[0])


class TanhBySigmoid(nn.Module):
    """tanh(x) = 2 sigmoid(2 x) - 1: PyTorch vectorises the sigmoid, and is six times faster."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(2 * x).mul_(2).sub_(1)


class WideBoxFilter(nn.Module):
    """The deep guided filter's coefficients with few passes over wide arrays, channels last."""

    _box: Tensor
    _append_mean_twice: Tensor

    def __init__(self, refiner: DeepGuidedFilter) -> None:
        super().__init__()
        self.conv = refiner.conv
        # Nothing is joined where convolutions are packed: the sum of one of each input.
        self._first: PackedSum | None = None
        if can_pack():
            first, _, _, *rest = refiner.conv
            assert isinstance(first, nn.Conv2d)
            self._first = PackedSum(first, 8, RELU)
            self.conv = nn.Sequential(*rest)
        self.register_buffer(
            "_box", refiner.get_parameter("box_filter.weight").detach(), persistent=False
        )
        append_mean = torch.cat([torch.eye(3), torch.full((1, 3), 1 / 3)])[..., None, None]
        self.register_buffer("_append_mean_twice", append_mean.repeat(2, 1, 1, 1), persistent=False)

    def coefficients(self, source: Tensor, y: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and offset (B, 4, h, w); see :meth:`DeepGuidedFilter.coefficients`."""
        xx = pointwise(source, self._append_mean_twice)
        yxx = torch.cat([y, xx], dim=1)
        means = self._boxed(yxx)
        mean_y, mean_x = means[:, :4], means[:, 4:8]
        # Covariance and variance at once: mean(yx * xx) - mean(yx) * mean(xx).
        spread = self._boxed(yxx[:, :8] * xx).addcmul_(means[:, :8], means[:, 4:], value=-1)
        if self._first is None:
            slope = self.conv(torch.cat([spread, hidden], dim=1))
        else:
            slope = self.conv(self._first(spread, hidden))
        return slope, torch.addcmul(mean_y, slope, mean_x, value=-1)

    def _boxed(self, x: Tensor) -> Tensor:
        """The learned box filter on each four channels of ``x`` (B, 4 n, h, w)."""
        channels = x.shape[1]
        weight = self._box.repeat(channels // 4, 1, 1, 1)
        return F.conv2d(x, weight, padding=1, groups=channels)


class OutputOfParts(nn.Module):
    """The output block, its first convolution the sum of one of each input: nothing is joined."""

    def __init__(self, block: OutputBlock) -> None:
        super().__init__()
        first, _, _, *rest = block.conv
        assert isinstance(first, nn.Conv2d)
        self.first = PackedSum(first, first.in_channels - 3, RELU)
        self.conv = nn.Sequential(*rest)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """From ``x`` (1, C, h / 2, w / 2) and ``source`` (1, 3, h, w) to (1, 16, h, w)."""
        return self.conv(self.first(upsample_to(x, source), source))
