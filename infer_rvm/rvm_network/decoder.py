"""The recurrent decoder: upsampling blocks whose second half of channels runs through a ConvGRU.

All tensors are (B, T, C, h, w) folded to (B * T, C, h, w), but for the recurrent states, which
are (B, C, h, w). Only the GRU sees time.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import conv_norm

NewStates = tuple[Tensor, Tensor, Tensor, Tensor]
States = tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]


class ConvGRU(nn.Module):
    """Convolutional gated recurrent unit; its output is its new state."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.ih = nn.Sequential(nn.Conv2d(2 * channels, 2 * channels, 3, padding=1), nn.Sigmoid())
        self.hh = nn.Sequential(nn.Conv2d(2 * channels, channels, 3, padding=1), nn.Tanh())

    def step(self, x: Tensor, state: Tensor) -> Tensor:
        reset, update = self.ih(torch.cat([x, state], dim=1)).chunk(2, dim=1)
        candidate = self.hh(torch.cat([x, reset * state], dim=1))
        return state + update * (candidate - state)

    def forward(self, x: Tensor, state: Tensor | None, frames: int) -> tuple[Tensor, Tensor]:
        """Run over ``frames`` frames of each item of the folded batch ``x``."""
        if frames == 1:
            # Stacking would lose the channels-last layout, and every layer below would reorder.
            state = self.step(x, torch.zeros_like(x) if state is None else state)
            return state, state
        sequence = x.unflatten(0, (-1, frames))
        if state is None:
            state = torch.zeros_like(sequence[:, 0])
        outputs = []
        for index in range(frames):
            state = self.step(sequence[:, index], state)
            outputs.append(state)
        return torch.stack(outputs, dim=1).flatten(0, 1), state


class BottleneckBlock(nn.Module):
    """The coarsest level: no convolution, only the recurrence on half of the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = ConvGRU(channels // 2)

    def forward(self, x: Tensor, state: Tensor | None, frames: int) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=1)
        b, new_state = self.gru(b, state, frames)
        return torch.cat([a, b], dim=1), new_state


class UpsamplingBlock(BottleneckBlock):
    """Twice the size, joined with the encoder's features and the small source, then recurrent."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__(out_channels)
        self.conv = nn.Sequential(*conv_norm(in_channels + skip_channels + 3, out_channels, 3))

    def joined(self, x: Tensor, skip: Tensor, source: Tensor) -> Tensor:
        """What the recurrence is given."""
        return self.conv(torch.cat([upsample_to(x, source), skip, source], dim=1))


class OutputBlock(nn.Module):
    """The finest level of the small picture, without recurrence."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            *conv_norm(in_channels + 3, out_channels, 3), *conv_norm(out_channels, out_channels, 3)
        )

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        return self.conv(torch.cat([upsample_to(x, source), source], dim=1))


class RecurrentDecoder(nn.Module):
    """From the features at 1/16 to 16 channels at the small picture's size."""

    def __init__(self, skips: tuple[int, int, int, int], channels: tuple[int, ...]) -> None:
        super().__init__()
        self.decode4 = BottleneckBlock(skips[3])
        self.decode3 = UpsamplingBlock(skips[3], skips[2], channels[0])
        self.decode2 = UpsamplingBlock(channels[0], skips[1], channels[1])
        self.decode1 = UpsamplingBlock(channels[1], skips[0], channels[2])
        self.decode0 = OutputBlock(channels[2], channels[3])

    def forward(
        self,
        source: Tensor,
        features: tuple[Tensor, Tensor, Tensor, Tensor],
        states: States,
        frames: int,
    ) -> tuple[Tensor, NewStates]:
        f1, f2, f3, f4 = features
        s1 = halve(source)
        s2 = halve(s1)
        s3 = halve(s2)
        x, r4 = self.decode4(f4, states[3], frames)
        x, r3 = self.decode3(self.decode3.joined(x, f3, s3), states[2], frames)
        x, r2 = self.decode2(self.decode2.joined(x, f2, s2), states[1], frames)
        x, r1 = self.decode1(self.decode1.joined(x, f1, s1), states[0], frames)
        return self.decode0(x, source), (r1, r2, r3, r4)


def halve(x: Tensor) -> Tensor:
    """Average 2x2 pixels; an odd border averages the pixels that it has."""
    return F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)


def upsample_to(x: Tensor, like: Tensor) -> Tensor:
    """Double the size bilinearly and cut what ``like`` does not have, at the bottom and right."""
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return x[..., : like.shape[-2], : like.shape[-1]]
