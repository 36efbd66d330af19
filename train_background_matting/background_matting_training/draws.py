"""Random numbers of a batch: one generator, on the device that composes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Draws:
    """Draw tensors on ``device`` from one generator, reproducibly."""

    def __init__(self, device: torch.device, seed: int) -> None:
        self.device = device
        self.random = torch.Generator(device).manual_seed(seed)

    def restart(self, *key: int) -> None:
        """Go on from where ``key``, whole numbers from 0 on, alone decides."""
        self.random.manual_seed(seed_of(*key))

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        values = torch.rand(shape, generator=self.random, device=self.device)
        return low + (high - low) * values

    def normal(self, deviation: float, *shape: int) -> Tensor:
        return deviation * torch.randn(shape, generator=self.random, device=self.device)

    def index(self, count: int, size: int) -> Tensor:
        """(size,) whole numbers below ``count``."""
        return torch.randint(count, (size,), generator=self.random, device=self.device)

    def chance(self, probability: float, batch: int) -> Tensor:
        """(B, 1, 1, 1) of zeros and ones."""
        return (self.uniform(0, 1, batch, 1, 1, 1) < probability).float()


def seed_of(*key: int) -> int:
    """A seed for PyTorch that no other ``key`` is likely to share."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))
