"""How far mattes are from the truth on composites of assets that training never sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..train_background_matting_kit.bgmv2.network import MattingRefine
from ..train_background_matting_kit.flow.matte_metrics import score_clip
from .compose import Composer
from .losses import boundary

BOUNDARY_RADIUS = 4


@dataclass(frozen=True)
class HeldOutPicture:
    """A composed picture as a camera would give it: uint8 ``source``, ``plate`` (1, 3, H, W).

    ``alpha`` is its true one, uint8 (1, 1, H, W).
    """

    source: Tensor
    plate: Tensor
    alpha: Tensor


@dataclass(frozen=True)
class Score:
    """Differences of alpha from the truth, means over a picture or over pictures.

    Attributes:
        mad, mse: Mean absolute and squared difference, times 1000.
        grad: Squared difference of Gaussian gradients, sum over a picture / 1000.
        boundary: As ``mad``, within 4 pixels of where the true alpha changes.
        coarse: As ``mad``, of the coarse alpha that the refiner starts from, at full size.
    """

    mad: float
    mse: float
    grad: float
    boundary: float
    coarse: float


def composed(
    composer: Composer, count: int, size: tuple[int, int], key: tuple[int, ...]
) -> list[HeldOutPicture]:
    """Compose ``count`` pictures of ``size`` (height, width), each by ``key`` and its number."""
    pictures = []
    for number in range(count):
        composer.draws.restart(*key, number)
        batch = composer.batch(1, *size)
        parts = (batch.source, batch.plate, batch.alpha)
        pictures.append(HeldOutPicture(*((x * 255).round().byte() for x in parts)))
    return pictures


def score(refined: Tensor, coarse: Tensor, truth: Tensor) -> Score:
    """Compare alphas (1, 1, H, W) in 0..1; ``coarse`` may be smaller than ``truth``."""
    coarse = F.interpolate(coarse, truth.shape[-2:], mode="bilinear", align_corners=False)
    edge = boundary(truth, BOUNDARY_RADIUS)
    off = (refined - truth).abs()
    means = score_clip(*(x[0].float().cpu().numpy() for x in (refined, truth)))
    return Score(
        mad=means.mad,
        mse=means.mse,
        grad=means.grad,
        boundary=1000 * float((off * edge).sum() / edge.sum().clamp_min(1)),
        coarse=1000 * float((coarse - truth).abs().mean()),
    )


@torch.inference_mode()
def score_network(network: MattingRefine, pictures: Sequence[HeldOutPicture]) -> list[Score]:
    """The network's score on each picture, in the precision of its weights."""
    network.eval()
    device = next(network.parameters()).device
    scores = []
    for picture in pictures:
        source, plate, truth = (
            x.to(device).float() / 255 for x in (picture.source, picture.plate, picture.alpha)
        )
        out = network(source, plate)
        scores.append(score(out.pha, out.pha_sm, truth))
    return scores


def mean_score(scores: Sequence[Score]) -> Score:
    """The mean over pictures."""
    names = [field.name for field in fields(Score)]
    return Score(**{name: float(np.mean([getattr(s, name) for s in scores])) for name in names})
