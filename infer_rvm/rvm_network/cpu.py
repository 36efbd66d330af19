"""The network on the CPU: folded, channels last at the small size, OpenCV at the full one."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from .decoder import States
from .folding import folded
from .matte import Matte
from .network import MattingNetwork, shrink


class CpuStep:
    """One frame through a folded copy of ``network``; equal to its forward but for rounding."""

    def __init__(self, network: MattingNetwork) -> None:
        self._network = folded(network).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        """Matte ``image``, uint8 RGB (H, W, 3), and return the new states too."""
        pixels = cv2.multiply(image, (1, 1, 1, 1), scale=1 / 255, dtype=cv2.CV_32F)
        source = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        small = shrink(source, ratio)
        hidden, states = self._network.decode(small, states)
        projected = self._network.project_mat(hidden)
        if ratio == 1:
            return _direct(image, projected), states
        slope, offset = self._network.refiner.coefficients(small, projected, hidden)
        return _filtered(image, pixels, slope, offset), states


def _direct(image: np.ndarray, projected: Tensor) -> Matte:
    planes = projected[0].permute(1, 2, 0).contiguous().numpy()
    residual = np.ascontiguousarray(planes[..., :3]) * np.float32(255)
    return Matte(np.clip(planes[..., 3], 0, 1), cv2.add(image, residual, dtype=cv2.CV_8U))


def _filtered(image: np.ndarray, pixels: np.ndarray, slope: Tensor, offset: Tensor) -> Matte:
    """Apply the guided filter's slope and offset, (1, 4, h, w) each, at the full size."""
    size = (image.shape[1], image.shape[0])
    # Foreground = source + residual, so the source joins the slope before it is enlarged.
    colour_slope = _enlarged(slope[0, :3] + 1, size)
    colour_offset = _enlarged(offset[0, :3] * 255, size)
    colours = cv2.multiply(colour_slope, image, dst=colour_slope, dtype=cv2.CV_32F)
    foreground = cv2.add(colours, colour_offset, dtype=cv2.CV_8U)
    mean = cv2.transform(pixels, np.full((1, 3), 1 / 3, np.float32))
    alpha = cv2.multiply(mean, _enlarged(slope[0, 3:], size), dst=mean)
    alpha = cv2.add(alpha, _enlarged(offset[0, 3:], size), dst=alpha)
    return Matte(np.clip(alpha, 0, 1, out=alpha), foreground)


def _enlarged(planes: Tensor, size: tuple[int, int]) -> np.ndarray:
    values = planes.permute(1, 2, 0).contiguous().numpy()
    return cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
