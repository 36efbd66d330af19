"""The decoder's recurrent blocks on the CPU, for single frames, with few passes over memory."""

import torch
from torch import Tensor, nn

from .decoder import BottleneckBlock, UpsamplingBlock, upsample_to


class BlockInKeptMemory(nn.Module):
    """A folded block, its ConvGRU's input kept from frame to frame, its output in its input."""

    def __init__(self, block: BottleneckBlock) -> None:
        super().__init__()
        self.ih, self.hh = block.gru.ih, block.gru.hh
        self.conv = block.conv if isinstance(block, UpsamplingBlock) else nn.Identity()
        self._joined = torch.empty(0)

    def joined(self, x: Tensor, skip: Tensor, source: Tensor) -> Tensor:
        """As :meth:`UpsamplingBlock.joined`."""
        return self.conv(torch.cat([upsample_to(x, source), skip, source], dim=1))

    def forward(self, x: Tensor, state: Tensor | None, frames: int) -> tuple[Tensor, Tensor]:
        """Overwrite the second half of ``x`` (1, C, h, w) by the new state; return both."""
        assert frames == len(x) == 1
        half = x.shape[1] // 2
        new_state = self._step(x[:, half:], state)
        x[:, half:] = new_state
        return x, new_state

    def _step(self, x: Tensor, state: Tensor | None) -> Tensor:
        if state is None:
            state = torch.zeros_like(x)
        channels = x.shape[1]
        shape = (1, 2 * channels, *x.shape[2:])
        if self._joined.shape != shape:
            self._joined = torch.empty(shape, memory_format=torch.channels_last)
        joined = torch.cat([x, state], dim=1, out=self._joined)
        reset, update = self.ih(joined).chunk(2, dim=1)
        torch.mul(reset, state, out=joined[:, channels:])
        return torch.lerp(state, self.hh(joined), update)
