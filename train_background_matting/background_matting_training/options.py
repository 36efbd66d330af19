"""What a training depends on beside its data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .augmentation import Augmentation

MULTIPLE = 4
# The crops of 448 pixels that the built-in weights were trained with, and what went with them.
WIDTH = 10 / 7
BASE_SHARE = 2 / 7
PICTURE_SHARE = 1.6


@dataclass(frozen=True, kw_only=True)
class Rates:
    """AdamW's learning rates at their height, by part of the network.

    The defaults are what Lin et al. (CVPR 2021, section 4.3) trained the whole network with.
    """

    backbone: float = 5e-5
    aspp: float = 5e-5
    decoder: float = 1e-4
    refiner: float = 3e-4


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train.

    Attributes:
        base_steps: Steps of the coarse network alone, at a quarter of the size.
        refine_steps: Steps of both networks after that, end to end.
        base_batch, refine_batch: Pictures a step; of whole coarse pictures half as many. Two at
            least, since the network normalises over them.
        crop: Height in pixels of the full-size crops, which are 10/7 as wide; crops of the coarse
            network show 8/7 of that height at a quarter of the size, whole pictures 8/5.
        base_rates, refine_rates: The learning rates of the two stages.
        augmentation: What pictures and plates go through.
        checked: Held-out pictures that are composed.
        check_every: Steps from one look at them to the next.
        seed: Of batches and of held-out pictures.
        device: cpu, or a CUDA device, where bf16 is used.
    """

    base_steps: int = 500
    refine_steps: int = 500
    base_batch: int = 6
    refine_batch: int = 2
    crop: int = 448
    base_rates: Rates = field(default_factory=Rates)
    refine_rates: Rates = field(default_factory=Rates)
    augmentation: Augmentation = field(default_factory=Augmentation)
    checked: int = 24
    check_every: int = 200
    seed: int = 0
    device: str = "cpu"

    @property
    def steps(self) -> int:
        return self.base_steps + self.refine_steps

    @property
    def crop_size(self) -> tuple[int, int]:
        """(height, width) of full-size crops."""
        return whole(self.crop), whole(self.crop * WIDTH)

    @property
    def base_size(self) -> tuple[int, int]:
        """(height, width) of the coarse network's crops."""
        return whole(self.crop * BASE_SHARE), whole(self.crop * BASE_SHARE * 1.25)

    @property
    def picture_size(self) -> tuple[int, int]:
        """(height, width) of whole pictures, such as the held-out ones."""
        height = MULTIPLE * whole(self.crop * PICTURE_SHARE / MULTIPLE)
        return height, MULTIPLE * whole(height * 16 / 9 / MULTIPLE)


def whole(length: float) -> int:
    """The nearest multiple of 4."""
    return max(MULTIPLE, MULTIPLE * round(length / MULTIPLE))


def learning_rate(progress: float) -> float:
    """Warm-up, a flat third, then a cosine to zero; ``progress`` in 0..1."""
    if progress < 0.03:
        return progress / 0.03
    if progress < 0.33:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.33) / 0.67)))
