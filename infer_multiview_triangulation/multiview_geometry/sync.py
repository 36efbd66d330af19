"""How many frames each view is late, from where people are in the other views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .camera import Camera
from .epipolar import EpipolarDistances

MOST_OFFSET = 30
LEAST_OVERLAP = 20
MOST_FRAMES = 600
TRUNCATION = 4.0
CLEAR = 1.05
SIGNIFICANT = 1.0


@dataclass(frozen=True)
class Offsets:
    """Frames by which each view is late.

    Attributes:
        frames: int (V,); the median view is at 0. What view v shows in frame f + frames[v]
            happened when the others show frame f.
        certain: (V,) bool, false where nothing moves enough to tell.
    """

    frames: np.ndarray
    certain: np.ndarray


def find_offsets(
    cameras: Sequence[Camera], keypoints: np.ndarray, most: int = MOST_OFFSET
) -> Offsets:
    """Find the offsets that bring keypoints (V, F, J, 3) onto each other's epipolar lines.

    All pairs of views vote; the votes are joined by weighted least absolute differences.
    """
    views, frames = keypoints.shape[:2]
    most = max(0, min(most, frames - LEAST_OVERLAP))
    if most == 0:
        return Offsets(np.zeros(views, int), np.zeros(views, bool))
    distances = EpipolarDistances(cameras, _busiest(keypoints, most))
    differences = np.zeros((views, views))
    weights = np.zeros((views, views))
    for a, b in combinations(range(views), 2):
        offset, clarity = _pair_offset(distances, a, b, most)
        differences[a, b], differences[b, a] = offset, -offset
        weights[a, b] = weights[b, a] = clarity
    offsets = _joined(differences, weights)
    offsets -= round(float(np.median(offsets)))
    return Offsets(offsets, weights.max(axis=1) > 0)


def shifted(keypoints: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Bring late views (V, F, J, 3) forward; frames without a counterpart become NaN."""
    out = np.full_like(keypoints, np.nan)
    frames = keypoints.shape[1]
    for view, offset in enumerate(offsets):
        source = slice(max(0, offset), min(frames, frames + offset))
        target = slice(max(0, -offset), min(frames, frames - offset))
        out[view, target] = keypoints[view, source]
    return out


def _busiest(keypoints: np.ndarray, most: int) -> np.ndarray:
    """The stretch with the most motion, where the clip is long."""
    frames = keypoints.shape[1]
    if frames <= MOST_FRAMES:
        return keypoints
    speed = np.nan_to_num(np.abs(np.diff(keypoints[..., :2], axis=1)))
    speed = np.minimum(speed, np.percentile(speed, 99)).sum(axis=(0, 2, 3))
    activity = np.convolve(speed, np.ones(MOST_FRAMES - 1), mode="valid")
    start = int(np.argmax(activity))
    return keypoints[:, start : start + MOST_FRAMES]


def _pair_offset(distances: EpipolarDistances, a: int, b: int, most: int) -> tuple[int, float]:
    """The offset of least truncated distance, and how clear it is (0: not at all)."""
    xy_a, xy_b = distances.view(a), distances.view(b)
    frames = len(xy_a)
    every = range(-most, most + 1)
    per_offset = []
    for offset in every:
        rows_a = slice(max(0, -offset), min(frames, frames - offset))
        rows_b = slice(max(0, offset), min(frames, frames + offset))
        found = distances.between(a, b, xy_a[rows_a], xy_b[rows_b])
        per_offset.append(found[np.isfinite(found)])
    medians = [np.median(x) if len(x) > LEAST_OVERLAP else np.inf for x in per_offset]
    limit = TRUNCATION * max(1.0, min(medians))
    costs = np.array(
        [np.minimum(x, limit).mean() if len(x) > LEAST_OVERLAP else np.inf for x in per_offset]
    )
    best = int(np.argmin(costs))
    if not np.isfinite(costs[best]):
        return 0, 0.0
    away = costs[np.abs(np.arange(len(costs)) - best) > 2]
    away = away[np.isfinite(away)]
    if not len(away):
        return 0, 0.0
    ratio = float(away.min() / max(costs[best], 1e-9))
    # Keypoints of one frame err together, so frames are what counts.
    chance = np.minimum(per_offset[best], limit).std() / np.sqrt(frames - abs(every[best]))
    is_clear = ratio > CLEAR and away.min() - costs[best] > SIGNIFICANT * chance
    return every[best], ratio - 1 if is_clear else 0.0


def _joined(differences: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Offsets (V,) whose differences agree with most of the pairs' weight."""
    views = len(differences)
    best, best_score = np.zeros(views, int), -1.0
    for root in range(views):
        offsets = differences[root].astype(int)
        for _ in range(3):
            for view in range(views):
                votes = offsets + differences[:, view]
                others = np.arange(views) != view
                if weights[others, view].sum() > 0 and view != root:
                    offsets[view] = _weighted_median(votes[others], weights[others, view])
        agrees = np.abs(offsets[None] - offsets[:, None] - differences) <= 1
        score = float((agrees * weights).sum())
        if score > best_score:
            best, best_score = offsets.copy(), score
    return best


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> int:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return int(values[order][np.searchsorted(share, share[-1] / 2)])
