"""The network's matte on whole frames of clips that it has not seen."""

from __future__ import annotations

import numpy as np
import torch

from .batches import tensors_of
from .encoding import predicted_alpha
from .matte_metrics import MatteScore, mean_score, score_clip
from .network import FlowMattingNetwork
from .prepared import PreparedClip

# Frames a clip that are looked at, from its start; metrics of change need neighbours.
MOST_FRAMES = 100
CHUNK = 4


def validate(
    network: FlowMattingNetwork, clips: list[PreparedClip], uses_matte: bool, device: str
) -> MatteScore:
    """The mean of the clips' scores."""
    network.eval()
    scores = []
    for clip in clips:
        count = min(len(clip), MOST_FRAMES)
        alphas = np.concatenate(
            [
                _alphas(network, clip, slice(start, min(start + CHUNK, count)), uses_matte, device)
                for start in range(0, count, CHUNK)
            ]
        )
        scores.append(score_clip(alphas, clip.truth[:count].astype(np.float32) / 255))
    return mean_score(scores)


@torch.inference_mode()
def _alphas(
    network: FlowMattingNetwork, clip: PreparedClip, part: slice, uses_matte: bool, device: str
) -> np.ndarray:
    frame, flow, coarse, _ = (x.to(device) for x in tensors_of(clip, part))
    matte = coarse if uses_matte else None
    alpha = predicted_alpha(network, frame, flow, matte, clip.long_side)
    return alpha.clamp(0, 1)[:, 0].float().cpu().numpy()
