"""Pairs of neighbouring frames, cropped at random from the clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .network import MULTIPLE
from .prepared import PreparedClip

LIGHT = 0.15


@dataclass(frozen=True)
class Batch:
    """B pairs of neighbouring frames, all float32 and in 0..1 but for the flow.

    Attributes:
        frame: (B, 2, 3, H, W).
        flow: (B, 2, 2, H, W), to the frame before each, as shares of the long side.
        coarse, truth: (B, 2, 1, H, W).
    """

    frame: Tensor
    flow: Tensor
    coarse: Tensor
    truth: Tensor


def crop_size(clips: list[PreparedClip], wanted: int) -> tuple[int, int]:
    """(height, width) that fits all clips, at most ``wanted``, multiples of 4."""
    sides = (min(clip.frames.shape[axis] for clip in clips) for axis in (1, 2))
    height, width = (min(side, wanted) // MULTIPLE * MULTIPLE for side in sides)
    if not height or not width:
        raise ValueError("a clip is smaller than four pixels")
    return height, width


def batches(
    clips: list[PreparedClip], size: int, crop: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """One epoch: each frame with a past once, in random order; the last batch may be smaller."""
    pairs = [(clip, index) for clip in clips for index in range(1, len(clip))]
    shape = crop_size(clips, crop)
    order = rng.permutation(len(pairs))
    for start in range(0, len(pairs), size):
        parts = [_pair(*pairs[i], shape, rng) for i in order[start : start + size]]
        yield Batch(*(torch.stack(tensors) for tensors in zip(*parts, strict=True)))


def _pair(
    clip: PreparedClip, index: int, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Tensor, ...]:
    height, width = shape
    top = int(rng.integers(0, clip.frames.shape[1] - height + 1))
    left = int(rng.integers(0, clip.frames.shape[2] - width + 1))
    part = (slice(index - 1, index + 1), slice(top, top + height), slice(left, left + width))
    frame, flow, coarse, truth = tensors_of(clip, part)
    # Clips of several sizes meet in a batch.
    scale = torch.tensor(1 / clip.long_side)
    if rng.random() < 0.5:
        frame, flow, coarse, truth = (x.flip(-1) for x in (frame, flow, coarse, truth))
        flow = flow * torch.tensor([-1.0, 1.0])[:, None, None]
    frame = (frame * float(rng.uniform(1 - LIGHT, 1 + LIGHT))).clamp(0, 1)
    return frame, flow * scale, coarse, truth


def tensors_of(clip: PreparedClip, part: tuple[slice, ...] | slice) -> tuple[Tensor, ...]:
    """Frames (N, 3, H, W), flow (N, 2, H, W), coarse and true mattes (N, 1, H, W) of a part."""
    frame = torch.from_numpy(np.array(clip.frames[part])).permute(0, 3, 1, 2).float() / 255
    flow = torch.from_numpy(clip.flow[part].astype(np.float32)).permute(0, 3, 1, 2)
    mattes = (
        torch.from_numpy(np.array(m[part]))[:, None].float() / 255
        for m in (clip.coarse, clip.truth)
    )
    return frame, flow, *mattes
