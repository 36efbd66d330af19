"""Pairs of neighbouring frames, cropped at random from the clips."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..train_flow_matting_kit.flow.network import MULTIPLE, Observation
from .prepared import PreparedClip

BRIGHTNESS_JITTER = 0.15


@dataclass(frozen=True)
class Batch:
    """Frames with all that is known of them, float32.

    The leading dimensions are (N,) as :func:`tensors_of` reads them, and (B, 2) for
    :func:`batches`' pairs of neighbouring frames.

    Attributes:
        frame: (..., 3, H, W) in 0..1.
        flow: (..., 2, H, W), to the frame before each, in pixels; in batches as shares of the long
            side.
        coarse, truth: (..., 1, H, W) in 0..1.
    """

    frame: Tensor
    flow: Tensor
    coarse: Tensor
    truth: Tensor

    def map(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        """The same with every tensor changed."""
        return Batch(*map(change, vars(self).values()))

    def observation(self, uses_matte: bool, long_side: float = 1) -> Observation:
        """What the network is shown of it; ``long_side`` is 1 where the flow counts in shares."""
        coarse = self.coarse if uses_matte else None
        return Observation(frame=self.frame, flow=self.flow, coarse=coarse, long_side=long_side)


def crop_size(clips: list[PreparedClip], wanted: int) -> tuple[int, int]:
    """(height, width) that fits all clips, at most ``wanted``, multiples of 4."""
    sides = (min(clip.frames.shape[axis] for clip in clips) for axis in (1, 2))
    height, width = (min(side, wanted) // MULTIPLE * MULTIPLE for side in sides)
    if not height or not width:
        raise ValueError("a clip is smaller than four pixels")
    return height, width


def batches(
    clips: list[PreparedClip], size: int, crop: int, *, rng: np.random.Generator
) -> Iterator[Batch]:
    """One epoch: each frame with a past once, in random order; the last batch may be smaller."""
    pairs = [(clip, index) for clip in clips for index in range(1, len(clip))]
    shape = crop_size(clips, crop)
    order = rng.permutation(len(pairs))
    for start in range(0, len(pairs), size):
        part = [pairs[i] for i in order[start : start + size]]
        pairs_read = [vars(_pair(clip, index, shape, rng=rng)).values() for clip, index in part]
        yield Batch(*map(torch.stack, zip(*pairs_read, strict=True)))


def _pair(
    clip: PreparedClip, index: int, shape: tuple[int, int], *, rng: np.random.Generator
) -> Batch:
    """The frame ``index`` and the one before, cropped, flipped and lit at random."""
    height, width = shape
    top = int(rng.integers(0, clip.frames.shape[1] - height + 1))
    left = int(rng.integers(0, clip.frames.shape[2] - width + 1))
    part = (slice(index - 1, index + 1), slice(top, top + height), slice(left, left + width))
    pair = tensors_of(clip, part)
    flow = pair.flow
    if rng.random() < 0.5:
        pair = pair.map(lambda x: x.flip(-1))
        flow = pair.flow * torch.tensor([-1.0, 1.0])[:, None, None]
    frame = (pair.frame * float(rng.uniform(1 - BRIGHTNESS_JITTER, 1 + BRIGHTNESS_JITTER))).clamp(
        0, 1
    )
    # Clips of several sizes meet in a batch.
    flow = flow * torch.tensor(1 / clip.long_side)
    return replace(pair, frame=frame, flow=flow)


def tensors_of(clip: PreparedClip, part: tuple[slice, ...] | slice) -> Batch:
    """A part of a clip's N frames."""
    frame = torch.from_numpy(np.array(clip.frames[part])).permute(0, 3, 1, 2).float() / 255
    flow = torch.from_numpy(clip.flow[part].astype(np.float32)).permute(0, 3, 1, 2)
    coarse, truth = (
        torch.from_numpy(np.array(mattes[part]))[:, None].float() / 255
        for mattes in (clip.coarse, clip.truth)
    )
    return Batch(frame, flow, coarse, truth)
