"""The network on the CPU: folded, channels last at the small size, OpenCV at the full one."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from ..infer_rvm_kit.folding import folded
from .cpu_layers import optimised
from .decoder import States
from .full_size import apply_filter
from .matte import Matte
from .network import MattingNetwork, shrink


class CpuStep:
    """One frame through a folded copy of ``network``; equal to its forward but for rounding."""

    def __init__(self, network: MattingNetwork) -> None:
        self._network = optimised(folded(network))
        self._pixels = np.empty(0, np.float32)

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        """Matte ``image``, uint8 RGB (H, W, 3), and return the new states too."""
        pixels = self._as_floats(image)
        small = shrink(torch.from_numpy(pixels).permute(2, 0, 1)[None], ratio) / 255
        # Joined to features in channels last, a picture in another layout would reorder them all.
        small = small.contiguous(memory_format=torch.channels_last)
        hidden, states = self._network.decode(small, states)
        projected = self._network.project_mat(hidden)
        if ratio == 1:
            return _direct(image, projected), states
        slope, offset = self._network.refiner.coefficients(small, projected, hidden)
        return apply_filter(pixels, slope, offset), states

    def _as_floats(self, image: np.ndarray) -> np.ndarray:
        """``image`` in 0..255, in memory kept from frame to frame: new pages cost more."""
        if self._pixels.shape != image.shape:
            self._pixels = np.empty(image.shape, np.float32)
        np.copyto(self._pixels, image)
        return self._pixels


def _direct(image: np.ndarray, projected: Tensor) -> Matte:
    planes = projected[0].permute(1, 2, 0).contiguous().numpy()
    residual = np.ascontiguousarray(planes[..., :3]) * np.float32(255)
    return Matte(np.clip(planes[..., 3], 0, 1), cv2.add(image, residual, dtype=cv2.CV_8U))
