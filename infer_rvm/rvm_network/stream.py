"""A sequence of frames through the network, with the recurrent state kept between them."""

import logging
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..infer_rvm_kit.folding import folded
from ..infer_rvm_kit.openvino_engine import Engine
from .cpu import CpuStep
from .decoder import States
from .full_size import Matte
from .network import NO_STATES, MattingNetwork
from .openvino_step import OpenVinoStep

logger = logging.getLogger(__name__)

AUTO_SIDE = 512


class Step(Protocol):
    """Mattes one frame, uint8 RGB (H, W, 3), from the states of the one before, at a ratio."""

    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        """The matte and the new states."""
        ...

    def alpha(self, image: np.ndarray, states: States, ratio: float) -> tuple[np.ndarray, States]:
        """Its alpha alone, float32 (H, W), and the new states."""
        ...


class PlainStep:
    """The network's own forward on any device; on CUDA in half precision if asked."""

    def __init__(self, network: MattingNetwork, device: torch.device, dtype: torch.dtype) -> None:
        self._network = folded(network).to(device, dtype).to(memory_format=torch.channels_last)
        self._device, self._dtype = device, dtype

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, states: States, ratio: float) -> tuple[Matte, States]:
        foreground, alpha, *new = self._forward(image, states, ratio)
        colours = (foreground[0] * 255).round_().to(torch.uint8).permute(1, 2, 0)
        matte = Matte(_as_array(alpha), np.ascontiguousarray(colours.cpu().numpy()))
        return matte, _states(new)

    @torch.inference_mode()
    def alpha(self, image: np.ndarray, states: States, ratio: float) -> tuple[np.ndarray, States]:
        _, alpha, *new = self._forward(image, states, ratio)
        return _as_array(alpha), _states(new)

    def _forward(self, image: np.ndarray, states: States, ratio: float) -> list[Tensor]:
        pixels = torch.from_numpy(image).to(self._device).permute(2, 0, 1)[None]
        source = pixels.to(self._dtype).div_(255)
        return self._network(source, *states, downsample_ratio=ratio)


def _as_array(alpha: Tensor) -> np.ndarray:
    return alpha[0, 0].float().cpu().numpy()


def _states(given: list[Tensor]) -> States:
    r1, r2, r3, r4 = given
    return r1, r2, r3, r4


class MattingStream:
    """Matte frame after frame; starts anew by itself where the size or the ratio changes.

    Args:
        network: Its weights loaded.
        device: cpu, or a CUDA device.
        dtype: float32; on CUDA float16 too, and bfloat16.
        engine: What runs the network; openvino takes float32 on the CPU alone.
        pictures_before_openvino: So many of a size PyTorch mattes before: at least 1.

    Raises:
        ValueError: ``engine`` is openvino, and device or dtype are others.
    """

    def __init__(
        self,
        network: MattingNetwork,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        *,
        engine: Engine = "torch",
        pictures_before_openvino: int = 1,
    ) -> None:
        is_plain = device != "cpu" or dtype != torch.float32
        self._step: Step
        if engine == "openvino":
            if is_plain:
                raise ValueError(
                    f"engine=openvino computes in float32 on the CPU, and this is {dtype} on "
                    f"{device}: set device=cpu and precision=fp32, or engine=torch"
                )
            self._step = OpenVinoStep(network, pictures_before_openvino)
        elif is_plain:
            self._step = PlainStep(network, torch.device(device), dtype)
        else:
            self._step = CpuStep(network)
        before = f" after {pictures_before_openvino} of a size" if engine == "openvino" else ""
        logger.info("Robust Video Matting runs by %s on %s%s", engine, device, before)
        self.reset()

    def reset(self) -> None:
        """Forget the frames so far."""
        self._states: States = NO_STATES
        self._belongs_to: tuple | None = None

    def __call__(self, image: np.ndarray, ratio: float | None = None) -> Matte:
        """Matte the next frame, uint8 RGB (H, W, 3).

        The network sees it at ``ratio``, in (0, 1] (ValueError where that leaves nothing of it);
        None brings the long side to 512.
        """
        ratio = self._begun(image, ratio)
        matte, self._states = self._step(image, self._states, ratio)
        return matte

    def alpha(self, image: np.ndarray, ratio: float | None = None) -> np.ndarray:
        """The next frame's alpha alone, float32 (H, W), in less time; see :meth:`__call__`."""
        ratio = self._begun(image, ratio)
        alpha, self._states = self._step.alpha(image, self._states, ratio)
        return alpha

    def _begun(self, image: np.ndarray, ratio: float | None) -> float:
        """The ratio to use; the states are forgotten where it or the size has changed."""
        ratio = auto_ratio(*image.shape[:2]) if ratio is None else ratio
        if not 0 < ratio <= 1 or int(min(image.shape[:2]) * ratio) < 1:
            raise ValueError(f"downsample_ratio {ratio} does not suit a picture of {image.shape}")
        key = (image.shape, ratio)
        if key != self._belongs_to:
            self.reset()
            self._belongs_to = key
        return ratio


def auto_ratio(height: int, width: int) -> float:
    """The ratio that brings the long side to 512, at most 1."""
    return min(1.0, AUTO_SIDE / max(height, width))
