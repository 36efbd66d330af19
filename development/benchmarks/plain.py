"""The straightforward ways that ours are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@torch.inference_mode()
def forward(
    network: nn.Module, *pictures: np.ndarray, states: Sequence[Tensor] = (), **options: object
) -> Any:
    """uint8 pictures to float tensors, through ``network`` as it is, in float32."""
    tensors = [torch.from_numpy(p).permute(2, 0, 1)[None].float().div(255) for p in pictures]
    return network(*tensors, *states, **options)
