"""From uint8 pictures to a matte, on the fastest path that the device and the settings allow."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..infer_background_matting_kit.folding import folded
from .cpu import CellwiseMatting, supports
from .matte import Matte
from .network import MattingBase, Refined

CELL = 4


class Matting(Protocol):
    """Matte ``source`` before ``background``; both uint8 RGB (H, W, 3) of one size."""

    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte: ...


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
        if background is not self._background:
            self._uploaded, self._background = self._upload(background), background
        outputs = self._network(self._upload(source), self._uploaded)
        if isinstance(outputs, Refined):
            alpha, foreground, error = outputs.pha, outputs.fgr, outputs.err_sm
            error = F.interpolate(error, source.shape[:2], mode="bilinear", align_corners=False)
        else:
            alpha, foreground, error, _ = outputs
        colours = (foreground[0] * 255).round_().to(torch.uint8).permute(1, 2, 0)
        return Matte(
            alpha[0, 0].float().cpu().numpy(),
            np.ascontiguousarray(colours.cpu().numpy()),
            error[0, 0].float().cpu().numpy(),
        )

    def _upload(self, picture: np.ndarray) -> Tensor:
        pixels = torch.from_numpy(picture).to(self._device)
        return pixels.permute(2, 0, 1)[None].to(self._dtype).div_(255)


class PaddedMatting:
    """Pad pictures to multiples of 4 by repeating the border, and crop the matte back."""

    def __init__(self, matting: Matting) -> None:
        self._matting = matting
        self._background: np.ndarray | None = None
        self._padded: np.ndarray

    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        height, width = source.shape[:2]
        if height % CELL == 0 and width % CELL == 0:
            return self._matting(np.ascontiguousarray(source), background)
        if background is not self._background:
            self._padded, self._background = _pad(background), background
        matte = self._matting(_pad(source), self._padded)
        return Matte(
            np.ascontiguousarray(matte.alpha[:height, :width]),
            np.ascontiguousarray(matte.foreground[:height, :width]),
            np.ascontiguousarray(matte.error[:height, :width]),
        )


def build_matting(network: MattingBase, device: str, dtype: torch.dtype) -> Matting:
    """Wrap ``network`` for pictures of any size.

    Args:
        network: With its weights loaded.
        device: cpu, or a CUDA device.
        dtype: float32, or float16 / bfloat16 on CUDA.
    """
    if device == "cpu" and dtype == torch.float32 and supports(network):
        return PaddedMatting(CellwiseMatting(network))
    return PaddedMatting(PlainMatting(network, torch.device(device), dtype))


def _pad(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return cv2.copyMakeBorder(picture, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_REPLICATE)
