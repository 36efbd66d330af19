"""The network on the CPU: folded, channels last at the small size, OpenCV at the full one."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from .cpu_layers import optimised
from .decoder import States
from .folding import folded
from .matte import Matte
from .network import MattingNetwork, shrink


class CpuStep:
    """One frame through a folded copy of ``network``; equal to its forward but for rounding."""

    def __init__(self, network: MattingNetwork) -> None:
        self._network = optimised(folded(network))

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        """Matte ``image``, uint8 RGB (H, W, 3), and return the new states too."""
        pixels = torch.from_numpy(image).float()
        small = shrink(pixels.permute(2, 0, 1)[None], ratio) / 255
        # Joined to features in channels last, a picture in another layout would reorder them all.
        small = small.contiguous(memory_format=torch.channels_last)
        hidden, states = self._network.decode(small, states)
        projected = self._network.project_mat(hidden)
        if ratio == 1:
            return _direct(image, projected), states
        slope, offset = self._network.refiner.coefficients(small, projected, hidden)
        return _filtered(pixels.numpy(), slope, offset), states


def _direct(image: np.ndarray, projected: Tensor) -> Matte:
    planes = projected[0].permute(1, 2, 0).contiguous().numpy()
    residual = np.ascontiguousarray(planes[..., :3]) * np.float32(255)
    return Matte(np.clip(planes[..., 3], 0, 1), cv2.add(image, residual, dtype=cv2.CV_8U))


def _filtered(pixels: np.ndarray, slope: Tensor, offset: Tensor) -> Matte:
    """Apply the guided filter's slope and offset, (1, 4, h, w) each, at the full size.

    Args:
        pixels: The frame, float32 RGB in 0..255 (H, W, 3).
    """
    size = (pixels.shape[1], pixels.shape[0])
    # Foreground = source + residual, so the source joins the slope before it is enlarged.
    colours = _enlarged(slope[0, :3] + 1, size)
    colours = cv2.multiply(colours, pixels, dst=colours)
    foreground = cv2.add(colours, _enlarged(offset[0, :3] * 255, size), dtype=cv2.CV_8U)
    alpha = cv2.transform(pixels, np.full((1, 3), 1 / (3 * 255), np.float32))
    alpha = cv2.multiply(alpha, _enlarged(slope[0, 3:], size), dst=alpha)
    alpha = cv2.add(alpha, _enlarged(offset[0, 3:], size), dst=alpha)
    return Matte(np.clip(alpha, 0, 1, out=alpha), foreground)


def _enlarged(planes: Tensor, size: tuple[int, int]) -> np.ndarray:
    values = planes.permute(1, 2, 0).contiguous().numpy()
    return cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
