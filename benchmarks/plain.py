"""What the networks cost when they are run the straightforward way."""

from __future__ import annotations

import torch
from torch import nn


@torch.inference_mode()
def forward(network: nn.Module, *pictures: object, **options: object) -> object:
    """uint8 pictures to float tensors, through ``network`` as it is, in float32."""
    tensors = [torch.from_numpy(p).permute(2, 0, 1)[None].float().div(255) for p in pictures]
    return network(*tensors, **options)
