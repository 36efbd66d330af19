"""From uint8 pictures to a matte, on the fastest path that the device and the settings allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeGuard

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.resnet import Bottleneck

from ..infer_background_matting_kit.bgmv2.encoder import resize
from ..infer_background_matting_kit.bgmv2.network import MattingBase, MattingRefine, Refined
from ..infer_background_matting_kit.bgmv2.refiner import CELL
from ..infer_background_matting_kit.folding import folded
from ..infer_background_matting_kit.packed_convolutions import (
    RELU,
    PackedConvolution,
    can_pack,
    packed,
)
from .cells import CellRefiner, Picture

DENSE_HEADS = 5


@dataclass(frozen=True)
class Matte:
    """``alpha`` and ``error`` float32 (H, W) in 0..1, ``foreground`` uint8 RGB (H, W, 3)."""

    alpha: np.ndarray
    foreground: np.ndarray
    error: np.ndarray


def supports(network: MattingBase) -> TypeGuard[MattingRefine]:
    """Whether the cell-wise path covers ``network``'s settings."""
    if not isinstance(network, MattingRefine):
        return False
    refiner = network.refiner
    is_patched = refiner.mode != "full" and refiner.kernel_size == 3
    return is_patched and network.backbone_scale == 1 / CELL


class _Solved(NamedTuple):
    """What the network says at a quarter of the size, and of the cells that it refined.

    ``alpha``, clamped, and ``error`` are float32 (h, w), the foreground's ``residual`` (h, w, 3);
    ``refined`` is alpha with the residual, (P, 4, 4, 4), of the cells that are ``selected``, bool
    (h, w); None where there is none.
    """

    alpha: np.ndarray
    residual: np.ndarray
    error: np.ndarray
    selected: np.ndarray
    refined: np.ndarray | None

    def full_alpha(self, width: int, height: int) -> np.ndarray:
        """The alpha at the size of the picture, float32 (H, W) in 0..1."""
        alpha = _enlarged(self.alpha, width, height)
        if self.refined is not None:
            _cell_grid(alpha)[self.selected] = self.refined[..., 0]
        return np.clip(alpha, 0, 1, out=alpha)


class CellwiseMatting:
    """Matte uint8 pictures whose sides are multiples of 4, one background after another.

    The plain network enlarges 36 coarse channels and both pictures to find a few thousand patches
    in them. Here only what those patches read is computed: see :mod:`.cells`. Of the last
    convolution only the five channels that are needed everywhere are.

    What depends on the background alone is kept for as long as the same array is given. Of the
    network, which :func:`supports` accepts, a folded copy is used.
    """

    def __init__(self, network: MattingRefine) -> None:
        self._network = _optimised(folded(network).to(memory_format=torch.channels_last))
        head = self._network.decoder.conv4
        self._refiner = CellRefiner(self._network.refiner, head)
        assert head.bias is not None
        weight = head.weight[:DENSE_HEADS].contiguous(memory_format=torch.channels_last)
        self._dense_head = (weight, head.bias[:DENSE_HEADS])
        self._padded = torch.empty(0)
        self._background: np.ndarray | None = None
        self._small_background: np.ndarray
        self._background_picture: Picture

    @torch.inference_mode()
    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        """Matte ``source`` before ``background``, uint8 RGB (H, W, 3) each."""
        solved = self._solved(source, background)
        height, width = source.shape[:2]
        residual = _enlarged(solved.residual * np.float32(255), width, height)
        if solved.refined is not None:
            _cell_grid(residual)[solved.selected] = solved.refined[..., 1:] * np.float32(255)
        return Matte(
            solved.full_alpha(width, height),
            cv2.add(source, residual, dtype=cv2.CV_8U),
            _enlarged(solved.error, width, height),
        )

    @torch.inference_mode()
    def alpha(self, source: np.ndarray, background: np.ndarray) -> np.ndarray:
        """The alpha alone, float32 (H, W): no colour is brought to the full size."""
        height, width = source.shape[:2]
        return self._solved(source, background).full_alpha(width, height)

    def _solved(self, source: np.ndarray, background: np.ndarray) -> _Solved:
        if background is not self._background:
            self._small_background = _small(background)
            self._background_picture = Picture(background)
            self._background = background
        height, width = source.shape[:2]
        features = self._features(_small(source), self._small_background)
        heads = F.conv2d(features, *self._dense_head)
        alpha, residual = heads[:, :1].clamp(0, 1), heads[:, 1:4]
        error = heads[:, 4:5].clamp(0, 1)
        cells = self._network.refiner.select(error, (height // CELL, width // CELL))
        selected = cells[0, 0].numpy() > 0
        alpha, residual = _pixels(alpha), _pixels(residual)
        refined = None
        if selected.any():
            refined = self._refiner(
                features[0].permute(1, 2, 0),
                torch.from_numpy(np.dstack([alpha, residual])),
                Picture(source),
                self._background_picture,
                selected,
            ).numpy()
        return _Solved(alpha, residual, _pixels(error), selected, refined)

    def _features(self, small_source: np.ndarray, small_background: np.ndarray) -> Tensor:
        """(1, 54, H4 + 2, W4 + 2), channels last: the last convolution's input, zero-padded."""
        x0 = torch.from_numpy(np.dstack([small_source, small_background])).permute(2, 0, 1)[None]
        network = self._network
        x1, x2, x3, x4 = network.backbone(x0)
        aspp = network.aspp(x4).contiguous(memory_format=torch.channels_last)
        x = network.decoder.features(aspp, (x3, x2, x1))
        height, width = x0.shape[-2:]
        shape = (1, height + 2, width + 2, x.shape[1] + x0.shape[1])
        # Kept from frame to frame, as its border stays zero: new pages cost more than filling it.
        if self._padded.shape != shape:
            self._padded = torch.zeros(shape)
        inside = self._padded.permute(0, 3, 1, 2)[..., 1:-1, 1:-1]
        inside[:, : x.shape[1]] = resize(x, (height, width))
        inside[:, x.shape[1] :] = x0
        return self._padded.permute(0, 3, 1, 2)


def _optimised(network: MattingRefine) -> MattingRefine:
    """Pack the convolutions of a folded ``network`` up to the decoder's last, where that can be."""
    if can_pack():
        packed(network.backbone, Bottleneck)
        packed(network.aspp)
        decoder = network.decoder
        for name in ("conv1", "conv2", "conv3"):
            convolution = decoder.get_submodule(name)
            assert isinstance(convolution, nn.Conv2d)
            setattr(decoder, name, PackedConvolution(convolution, RELU))
        # What it would do to the results, the convolutions do.
        setattr(decoder, "relu", nn.Identity())  # noqa: B010  (a module in place of another kind)
    return network


def _small(picture: np.ndarray) -> np.ndarray:
    """(H / 4, W / 4, 3) float32: bilinear sampling at 1/4 is the mean of the middle four."""
    rows = cv2.add(picture[1::CELL], picture[2::CELL], dtype=cv2.CV_16U)
    return (rows[:, 1::CELL] + rows[:, 2::CELL]) * np.float32(1 / (4 * 255))


def _pixels(x: Tensor) -> np.ndarray:
    """(1, C, h, w) to contiguous (h, w, C), or (h, w) of one channel."""
    pixels = np.ascontiguousarray(x[0].permute(1, 2, 0).numpy())
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def _enlarged(x: np.ndarray, width: int, height: int) -> np.ndarray:
    """Bilinear, equal to F.interpolate without aligned corners."""
    return cv2.resize(x, (width, height), interpolation=cv2.INTER_LINEAR)


def _cell_grid(x: np.ndarray) -> np.ndarray:
    """View (H, W, ...) as (H / 4, W / 4, 4, 4, ...)."""
    height, width = x.shape[:2]
    grid = x.reshape(height // CELL, CELL, width // CELL, CELL, *x.shape[2:])
    return grid.swapaxes(1, 2)


class Matting(Protocol):
    """Mattes a picture before its background, uint8 RGB (H, W, 3) of one size."""

    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        """The matte."""
        ...

    def alpha(self, source: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Its alpha alone, float32 (H, W), in less time."""
        ...


class PlainMatting:
    """Any network on any device, through its own forward; the background is uploaded once."""

    def __init__(self, network: MattingBase, device: torch.device, dtype: torch.dtype) -> None:
        self._network = folded(network).to(device, dtype)
        self._network.to(memory_format=torch.channels_last)
        self._device, self._dtype = device, dtype
        self._background: np.ndarray | None = None
        self._uploaded: Tensor

    @torch.inference_mode()
    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        outputs = self._forward(source, background)
        if isinstance(outputs, Refined):
            alpha, foreground, error = outputs.pha, outputs.fgr, outputs.err_sm
            error = F.interpolate(error, source.shape[:2], mode="bilinear", align_corners=False)
        else:
            alpha, foreground, error, _ = outputs
        colours = (foreground[0] * 255).round_().to(torch.uint8).permute(1, 2, 0)
        return Matte(_plane(alpha), np.ascontiguousarray(colours.cpu().numpy()), _plane(error))

    @torch.inference_mode()
    def alpha(self, source: np.ndarray, background: np.ndarray) -> np.ndarray:
        return _plane(self._forward(source, background)[0])

    def _forward(self, source: np.ndarray, background: np.ndarray) -> tuple[Tensor, ...]:
        """The network's own outputs, of which alpha is the first."""
        if background is not self._background:
            self._uploaded, self._background = self._upload(background), background
        return self._network(self._upload(source), self._uploaded)

    def _upload(self, picture: np.ndarray) -> Tensor:
        pixels = torch.from_numpy(picture).to(self._device)
        return pixels.permute(2, 0, 1)[None].to(self._dtype).div_(255)


def _plane(x: Tensor) -> np.ndarray:
    """(1, 1, H, W) to float32 (H, W)."""
    return x[0, 0].float().cpu().numpy()


class PaddedMatting:
    """Pad pictures to multiples of 4 by repeating the border, and crop the matte back."""

    def __init__(self, matting: Matting) -> None:
        self._matting = matting
        self._background: np.ndarray | None = None
        self._padded: np.ndarray

    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        height, width = source.shape[:2]
        matte = self._matting(*self._fitted(source, background))
        if matte.alpha.shape == (height, width):
            return matte
        return Matte(
            np.ascontiguousarray(matte.alpha[:height, :width]),
            np.ascontiguousarray(matte.foreground[:height, :width]),
            np.ascontiguousarray(matte.error[:height, :width]),
        )

    def alpha(self, source: np.ndarray, background: np.ndarray) -> np.ndarray:
        height, width = source.shape[:2]
        alpha = self._matting.alpha(*self._fitted(source, background))
        return np.ascontiguousarray(alpha[:height, :width])

    def _fitted(self, source: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both pictures padded, where that is needed."""
        height, width = source.shape[:2]
        if height % CELL == 0 and width % CELL == 0:
            return np.ascontiguousarray(source), background
        if background is not self._background:
            self._padded, self._background = _pad(background), background
        return _pad(source), self._padded


def build_matting(network: MattingBase, device: str, dtype: torch.dtype) -> Matting:
    """Wrap a loaded network for pictures of any size; on CUDA in half precision if asked."""
    if device == "cpu" and dtype == torch.float32 and supports(network):
        return PaddedMatting(CellwiseMatting(network))
    return PaddedMatting(PlainMatting(network, torch.device(device), dtype))


def _pad(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return cv2.copyMakeBorder(picture, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_REPLICATE)
