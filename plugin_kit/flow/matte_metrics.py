"""How far mattes are from the truth, as the matting and segmentation literature counts it."""

from dataclasses import dataclass, fields

import cv2
import numpy as np

GRADIENT_SIGMA = 1.4
GRADIENT_RADIUS = 4
THRESHOLD = 0.5


@dataclass(frozen=True)
class MatteScore:
    """Means over a clip's frames.

    Attributes:
        dice, iou: Overlap of what is above 0.5; 1 is best.
        mad, mse: Mean absolute and squared difference, times 1000.
        grad: Squared difference of Gaussian gradients, sum over a frame / 1000.
        dtssd: Root of the mean squared difference of the changes from frame to frame, times 100.
    """

    dice: float
    iou: float
    mad: float
    mse: float
    grad: float
    dtssd: float


def score_clip(alphas: np.ndarray, truth: np.ndarray) -> MatteScore:
    """Compare two clips of mattes of one shape, float32 (N, H, W) in 0..1; else ValueError."""
    alphas, truth = np.asarray(alphas, np.float32), np.asarray(truth, np.float32)
    if alphas.shape != truth.shape or alphas.ndim != 3 or len(alphas) == 0:
        raise ValueError(f"mattes {alphas.shape} and truth {truth.shape} are not two equal clips")
    dice, iou = zip(*(_overlap(a, t) for a, t in zip(alphas, truth, strict=True)), strict=True)
    slopes = (_slope(a) - _slope(t) for a, t in zip(alphas, truth, strict=True))
    difference = alphas - truth
    return MatteScore(
        dice=float(np.mean(dice)),
        iou=float(np.mean(iou)),
        mad=float(np.abs(difference).mean() * 1000),
        mse=float(np.square(difference).mean() * 1000),
        grad=float(np.mean([np.square(s).sum() / 1000 for s in slopes])),
        dtssd=_dtssd(difference),
    )


def mean_score(scores: list[MatteScore]) -> MatteScore:
    """The mean of several clips' scores."""
    return MatteScore(
        **{f.name: float(np.mean([getattr(s, f.name) for s in scores])) for f in fields(MatteScore)}
    )


def _overlap(alpha: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    a, t = alpha > THRESHOLD, truth > THRESHOLD
    both, total = int((a & t).sum()), int(a.sum() + t.sum())
    if total == 0:
        return 1.0, 1.0
    return 2 * both / total, both / (total - both)


def gradient_kernels() -> tuple[np.ndarray, np.ndarray]:
    """Along and across: a Gaussian's derivative and the Gaussian, 9 values each of unit norm."""
    x = np.arange(-GRADIENT_RADIUS, GRADIENT_RADIUS + 1, dtype=np.float64)
    across = np.exp(-(x**2) / (2 * GRADIENT_SIGMA**2))
    along = -x * across
    return along / np.linalg.norm(along), across / np.linalg.norm(across)


def _slope(alpha: np.ndarray) -> np.ndarray:
    along, across = gradient_kernels()
    parts = [
        cv2.sepFilter2D(alpha, cv2.CV_32F, *pair, borderType=cv2.BORDER_REPLICATE)
        for pair in ((along, across), (across, along))
    ]
    return cv2.magnitude(*parts)


def _dtssd(difference: np.ndarray) -> float:
    if len(difference) < 2:
        return 0.0
    changes = np.diff(difference, axis=0)
    return float(np.sqrt(np.square(changes).mean(axis=(1, 2))).mean() * 100)
