"""What one step minimises: the coarse network's outputs alone, or everything end to end."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..train_background_matting_kit.bgmv2.network import MattingRefine
from . import losses
from .compose import Batch
from .start import last_layer

BOUNDARY_RADIUS, BOUNDARY_WEIGHT, ALPHA_WEIGHT = 4, 4, 2


def coarse_heads(network: MattingRefine, source: Tensor, plate: Tensor) -> tuple[Tensor, ...]:
    """Alpha, residual and error alone: without the 32 hidden channels a quarter is saved."""
    x0 = torch.cat([source, plate], dim=1)
    x1, x2, x3, x4 = network.backbone(x0)
    x = network.decoder.before_heads(network.aspp(x4), (x3, x2, x1, x0))
    weight, bias = last_layer(network, "decoder")
    heads = F.conv2d(x, weight[:5], bias[:5], padding=1)
    return heads[:, :1], heads[:, 1:4], heads[:, 4:5]


def base_loss(network: MattingRefine, batch: Batch, amp: bool) -> Tensor:
    """The loss of the coarse network on a batch composed at its own scale."""
    with torch.autocast(batch.source.device.type, torch.bfloat16, enabled=amp):
        heads = coarse_heads(network, batch.source, batch.plate)
    return losses.coarse_loss(heads, batch.source, batch.foreground, batch.alpha)


def refined_loss(network: MattingRefine, batch: Batch, amp: bool) -> Tensor:
    """The loss of both networks on a batch composed at full size."""
    source, alpha, foreground = map(network.small, (batch.source, batch.alpha, batch.foreground))
    with torch.autocast(source.device.type, torch.bfloat16, enabled=amp):
        raw = network.raw(source, network.small(batch.plate))
    coarse, residual, error, hidden = (part.float() for part in raw)
    fine, fine_residual, _ = network.refiner(
        batch.source,
        batch.plate,
        losses.leaky_clamp(coarse),
        residual,
        error.clamp(0, 1).detach(),
        hidden,
    )
    weight = 1 + BOUNDARY_WEIGHT * losses.boundary(batch.alpha, BOUNDARY_RADIUS)
    return (
        losses.coarse_loss(raw[:3], source, foreground, alpha)
        + ALPHA_WEIGHT * losses.alpha_loss(fine, batch.alpha, weight)
        + losses.foreground_loss(fine_residual, batch.source, batch.foreground, batch.alpha)
    )
