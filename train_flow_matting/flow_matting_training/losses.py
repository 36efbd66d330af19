"""What training minimises (the matte's error at every scale, and its flicker), and validation."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..train_flow_matting_kit.flow.matte_metrics import MatteScore, mean_score, score_clip
from ..train_flow_matting_kit.flow.network import FlowMattingNetwork, predicted_alpha
from .batches import tensors_of
from .prepared import PreparedClip

LEVELS = 5
# The pyramid's levels end where a side would be smaller than this.
LEAST_SIDE = 8
TEMPORAL_WEIGHT = 1.0
LEAK = 0.05
# Frames a clip that are looked at, from its start; metrics of change need neighbours.
MOST_FRAMES = 100
CHUNK = 4


def matte_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """L1 + Laplacian pyramid + temporal loss of clips (B, T, H, W) in about 0..1."""
    predicted = leaky_clamp(predicted)
    level = (predicted - truth).abs().mean()
    return (
        level + laplacian_loss(predicted, truth) + TEMPORAL_WEIGHT * temporal_loss(predicted, truth)
    )


def leaky_clamp(x: Tensor) -> Tensor:
    """Clamp to 0..1, but let a small gradient through outside."""
    inside = x.clamp(0, 1)
    return inside + LEAK * (x - inside)


def laplacian_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of the pyramids' bands, coarser ones weighing twice the finer."""
    total = predicted.new_zeros(())
    error = (predicted - truth).flatten(0, 1)[:, None]
    for level in range(LEVELS):
        if min(error.shape[-2:]) < LEAST_SIDE:
            break
        small = F.avg_pool2d(error, 2, ceil_mode=True, count_include_pad=False)
        blurred = F.interpolate(small, error.shape[-2:], mode="bilinear", align_corners=False)
        total = total + 2**level * (error - blurred).abs().mean()
        error = small
    return total / LEVELS


def temporal_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Root of the mean squared difference of the changes along T, as dtSSD counts them."""
    changes = (predicted[:, 1:] - predicted[:, :-1]) - (truth[:, 1:] - truth[:, :-1])
    return torch.sqrt(changes.square().mean(dim=(2, 3)) + 1e-8).mean()


def validate(
    network: FlowMattingNetwork, clips: list[PreparedClip], uses_matte: bool
) -> MatteScore:
    """The mean of the clips' scores."""
    network.eval()
    scores = []
    for clip in clips:
        count = min(len(clip), MOST_FRAMES)
        alphas = [
            _alphas(network, clip, slice(start, min(start + CHUNK, count)), uses_matte=uses_matte)
            for start in range(0, count, CHUNK)
        ]
        truth = clip.truth[:count].astype(np.float32) / 255
        scores.append(score_clip(np.concatenate(alphas), truth))
    return mean_score(scores)


@torch.inference_mode()
def _alphas(
    network: FlowMattingNetwork, clip: PreparedClip, part: slice, *, uses_matte: bool
) -> np.ndarray:
    device = next(network.parameters()).device
    batch = tensors_of(clip, part).map(lambda x: x.to(device))
    alpha = predicted_alpha(network, batch.observation(uses_matte, clip.long_side))
    return alpha.clamp(0, 1)[:, 0].float().cpu().numpy()
