"""Losses of Background Matting V2 (Lin et al., CVPR 2021, section 4.2) with a leaky clamp."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

LEAK = 0.05


def leaky_clamp(x: Tensor) -> Tensor:
    """Clamp to 0..1, but let a small gradient through outside."""
    inside = x.clamp(0, 1)
    return inside + LEAK * (x - inside)


def slopes(x: Tensor) -> Tensor:
    """Sobel derivatives of (B, 1, H, W) as (B, 2, H, W)."""
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=x.device) / 4
    return F.conv2d(F.pad(x, (1,) * 4, mode="replicate"), torch.stack([kernel, kernel.T])[:, None])


def boundary(alpha: Tensor, radius: int) -> Tensor:
    """1 within ``radius`` pixels of where alpha is neither 0 nor 1 or changes, else 0."""
    side = 2 * radius + 1
    high = F.max_pool2d(alpha, side, 1, radius)
    low = -F.max_pool2d(-alpha, side, 1, radius)
    return ((high - low) > 0.02).float()


def alpha_loss(predicted: Tensor, alpha: Tensor, weight: Tensor) -> Tensor:
    difference = (leaky_clamp(predicted) - alpha).abs()
    edges = (slopes(predicted) - slopes(alpha)).abs().mean(1, keepdim=True)
    return ((difference + edges) * weight).sum() / weight.sum()


def foreground_loss(residual: Tensor, source: Tensor, foreground: Tensor, alpha: Tensor) -> Tensor:
    visible = (alpha > 0.01).float()
    difference = (leaky_clamp(residual + source) - foreground).abs() * visible
    return difference.sum() / (3 * visible.sum()).clamp_min(1)


def error_loss(error: Tensor, predicted: Tensor, alpha: Tensor) -> Tensor:
    target = (predicted.clamp(0, 1) - alpha).abs().detach()
    return F.mse_loss(leaky_clamp(error), target)


def coarse_loss(
    heads: Sequence[Tensor], source: Tensor, foreground: Tensor, truth: Tensor
) -> Tensor:
    """The loss of the coarse network's alpha, residual and error."""
    alpha, residual, error = (head.float() for head in heads)
    return (
        alpha_loss(alpha, truth, 1 + 2 * boundary(truth, 2))
        + foreground_loss(residual, source, foreground, truth)
        + error_loss(error, alpha, truth)
    )
