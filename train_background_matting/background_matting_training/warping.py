"""Pictures along affine maps, on the device."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def moved(pictures: Tensor, theta: Tensor, size: tuple, padding: str = "zeros") -> Tensor:
    """Sample (B, C, H, W) along the affine maps (B, 2, 3), as pictures of ``size``."""
    grid = F.affine_grid(theta, [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode=padding, align_corners=False)
