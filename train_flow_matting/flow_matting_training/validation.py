"""The network's matte on whole frames of clips that it has not seen."""

from __future__ import annotations

import numpy as np
import torch

from ..train_flow_matting_kit.flow.encoding import predicted_alpha
from ..train_flow_matting_kit.flow.matte_metrics import MatteScore, mean_score, score_clip
from ..train_flow_matting_kit.flow.network import FlowMattingNetwork
from .batches import tensors_of
from .prepared import PreparedClip

# Frames a clip that are looked at, from its start; metrics of change need neighbours.
MOST_FRAMES = 100
CHUNK = 4


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
