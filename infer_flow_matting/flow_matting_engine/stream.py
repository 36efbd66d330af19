"""Matte frame after frame with the network."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from ..infer_flow_matting_kit.flow.dense_flow import DenseFlow, DisFlow, downscaled, upscaled_flow
from ..infer_flow_matting_kit.flow.network import (
    FlowMattingNetwork,
    Observation,
    legacy_input,
    padded,
    predicted_alpha,
)
from ..infer_flow_matting_kit.pictures import size_within

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


class FlowMattingStream:
    """Frames of a sequence in order; starts anew by itself where the size changes.

    The network sees the picture at ``long_side`` at most; flow is OpenCV's DIS if none is given.
    """

    def __init__(
        self,
        trained: TrainedNetwork,
        flow: DenseFlow | None = None,
        *,
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

        A network that was trained with a coarse matte needs one, float32 (H, W) in 0..1; else
        ValueError.
        """
        if self.needs_matte and coarse is None:
            raise ValueError("this network was trained with a coarse matte and needs one")
        height, width = frame.shape[:2]
        size = size_within(frame.shape, self._long_side)
        small = downscaled(frame, size)
        flow = self._flow_since_last(small)
        small_coarse = downscaled(coarse, size) if self.needs_matte and coarse is not None else None
        alpha = self._alpha(small, flow, small_coarse)
        if alpha.shape != (height, width):
            alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
        return FlowMatte(alpha, upscaled_flow(flow, height, width))

    def _flow_since_last(self, frame: np.ndarray) -> np.ndarray:
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
            alpha = logits.sigmoid()[..., :height, :width]
        else:
            seen = Observation(
                frame=self._planes(frame).float() / 255,
                flow=self._planes(flow),
                coarse=None if coarse is None else self._planes(coarse[..., None]),
                long_side=max(height, width),
            )
            alpha = predicted_alpha(self._network, seen).clamp(0, 1)
        return np.ascontiguousarray(alpha[0, 0].float().cpu().numpy())

    def _planes(self, picture: np.ndarray) -> Tensor:
        """(H, W, C) as (1, C, H, W) on the device."""
        pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device)
        return pixels.permute(2, 0, 1)[None]
