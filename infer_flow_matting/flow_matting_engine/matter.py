"""Matte frame after frame with the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from .encoding import legacy_input, padded, predicted_alpha
from .flow import DenseFlow, DisFlow, enlarged, fitted_size, shrunk
from .network import FlowMattingNetwork

Inputs = Literal["legacy", "flow", "flow+matte"]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with its weights, and what it was trained on.

    Attributes:
        network: On the CPU, in float32.
        inputs: ``legacy`` (motion mask and picture), ``flow``, or ``flow+matte``.
    """

    network: FlowMattingNetwork
    inputs: Inputs


@dataclass(frozen=True)
class FlowMatte:
    """``alpha`` float32 (H, W) in 0..1; ``flow`` float32 (H, W, 2) in pixels of the frame.

    The flow is what the network was fed: to the frame before, or for ``legacy`` from it.
    """

    alpha: np.ndarray
    flow: np.ndarray


class FlowMatter:
    """Frames of a sequence in order; starts anew by itself where the size changes.

    Args:
        trained: The network.
        flow: Dense flow; OpenCV's DIS if None.
        device: Where the network runs.
        long_side: The network sees the picture at this size at most.
    """

    def __init__(
        self,
        trained: TrainedNetwork,
        flow: DenseFlow | None = None,
        device: str = "cpu",
        long_side: int = 640,
    ) -> None:
        self._network = trained.network.eval().to(device)
        self._inputs, self._device = trained.inputs, device
        self._flow, self._long_side = flow or DisFlow(), long_side
        self._last: np.ndarray | None = None

    @property
    def needs_matte(self) -> bool:
        return self._inputs == "flow+matte"

    def reset(self) -> None:
        """Forget the frame before."""
        self._last = None

    def __call__(self, frame: np.ndarray, coarse: np.ndarray | None = None) -> FlowMatte:
        """Matte the next frame, uint8 RGB (H, W, 3).

        Args:
            coarse: float32 (H, W) in 0..1, for a network that was trained with one.

        Raises:
            ValueError: The network needs a coarse matte.
        """
        if self.needs_matte and coarse is None:
            raise ValueError("this network was trained with a coarse matte and needs one")
        height, width = frame.shape[:2]
        size = fitted_size(height, width, self._long_side)
        small = shrunk(frame, size)
        flow = self._seen_flow(small)
        coarse = None if coarse is None else shrunk(coarse, size)
        alpha = self._alpha(small, flow, coarse)
        if alpha.shape != (height, width):
            alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
        return FlowMatte(alpha, enlarged(flow, height, width))

    def _seen_flow(self, frame: np.ndarray) -> np.ndarray:
        """The flow that the network was trained on: from the frame before for ``legacy``."""
        last, self._last = self._last, frame
        if last is None or last.shape != frame.shape:
            return np.zeros((*frame.shape[:2], 2), np.float32)
        return self._flow(last, frame) if self._inputs == "legacy" else self._flow(frame, last)

    @torch.inference_mode()
    def _alpha(self, frame: np.ndarray, flow: np.ndarray, coarse: np.ndarray | None) -> np.ndarray:
        height, width = frame.shape[:2]
        if self._inputs == "legacy":
            logits = self._network(padded(legacy_input(frame, flow)).to(self._device))
            return _array(logits.sigmoid(), height, width)
        matte = None
        if self.needs_matte:
            matte = torch.from_numpy(np.ascontiguousarray(coarse))[None, None].to(self._device)
        picture = torch.from_numpy(frame).to(self._device).permute(2, 0, 1)[None].float() / 255
        vectors = torch.from_numpy(flow).to(self._device).permute(2, 0, 1)[None]
        alpha = predicted_alpha(self._network, picture, vectors, matte, max(height, width))
        return _array(alpha.clamp(0, 1), height, width)


def _array(alpha: Tensor, height: int, width: int) -> np.ndarray:
    return np.ascontiguousarray(alpha[0, 0, :height, :width].float().cpu().numpy())
