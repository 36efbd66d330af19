"""The network on the CPU with its small size run by OpenVINO; the full size stays OpenCV's."""

import logging

import torch
from torch import Tensor, nn

from ..infer_rvm_kit.folding import folded
from ..infer_rvm_kit.openvino_engine import OpenVinoNetwork
from .cpu import CpuStep, at_small_size
from .decoder import States
from .network import MattingNetwork

logger = logging.getLogger(__name__)


class OpenVinoStep(CpuStep):
    """As :class:`CpuStep`; but for the first pictures of a size, which PyTorch mattes.

    They tell the sizes of the states. To set OpenVINO up takes longer than some pictures do: where
    each has another size, PyTorch stays.

    Args:
        network: Its weights loaded.
        pictures_before: How many pictures in a row have to be of a size before; at least 1.

    Raises:
        ImportError: OpenVINO is missing or too old; at the first picture that it would matte.
    """

    def __init__(self, network: MattingNetwork, pictures_before: int = 1) -> None:
        super().__init__(network)
        self._plain = folded(network)
        self._pictures_before = pictures_before
        self._seen = 0
        self._suits: tuple[torch.Size, bool] | None = None
        self._state_sizes: list[torch.Size] = []
        self._converted: OpenVinoNetwork | None = None

    def _at_small_size(
        self, small: Tensor, states: States, is_direct: bool
    ) -> tuple[tuple[Tensor, ...], States]:
        if self._suits != (small.shape, is_direct):
            self._suits = small.shape, is_direct
            self._seen, self._converted = 0, None
        self._seen += 1
        if self._seen <= max(self._pictures_before, 1):
            found, new_states = at_small_size(self._network, small, states, is_direct)
            self._state_sizes = [state.shape for state in new_states]
            return found, new_states
        given = [
            torch.zeros(size) if state is None else state
            for state, size in zip(states, self._state_sizes, strict=True)
        ]
        if self._converted is None:
            height, width = small.shape[2:]
            logger.info("Robust Video Matting goes on by OpenVINO at %dx%d pixels", width, height)
            # Anew for each size: at the borders of odd ones the network does something else.
            module = _SmallSize(self._plain, is_direct).eval()
            self._converted = OpenVinoNetwork(module, small.contiguous(), *given)
        *found, r1, r2, r3, r4 = self._converted(small, *given)
        return tuple(found), (r1, r2, r3, r4)


class _SmallSize(nn.Module):
    """:func:`at_small_size` of tensors alone, as a network that can be traced."""

    def __init__(self, network: MattingNetwork, is_direct: bool) -> None:
        super().__init__()
        self._network, self._is_direct = network, is_direct

    def forward(self, small: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        r1, r2, r3, r4 = states
        found, new_states = at_small_size(self._network, small, (r1, r2, r3, r4), self._is_direct)
        return *found, *new_states
