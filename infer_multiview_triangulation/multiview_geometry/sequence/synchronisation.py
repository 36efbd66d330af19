"""How many frames each view is late, from where people are in the other views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..camera import Camera
from ..cameras.epipolar import EpipolarLines, homogeneous
from .nearest_people import NearestPeople, packed_stretch

MAX_OFFSET = 30
MIN_OVERLAP = 20
MAX_FRAMES = 300
TRUNCATION = 4.0
# An offset is clear where the others are so many times worse, beyond so many standard errors.
CLEAR_RATIO, CLEAR_ERRORS = 1.05, 1.0
# Offsets so near to the best are no rivals of it.
NEAR_OFFSETS = 2


@dataclass(frozen=True)
class Offsets:
    """Frames by which each view is late.

    Attributes:
        frames: int (V,); the median view is at 0. What view v shows in frame f + frames[v]
            happened when the others show frame f.
        certain: (V,) bool, false where nothing moves enough to tell.
        at_limit: (V,) bool, where a pair of views fits best at the largest offset that was tried.
        remains: (V,), what is left of a view's distances from the others' lines once it is brought
            forward, as a share of what they are without; 1 where it is not late.
    """

    frames: np.ndarray
    certain: np.ndarray
    at_limit: np.ndarray
    remains: np.ndarray


def find_offsets(
    cameras: Sequence[Camera], people: np.ndarray, max_offset: int = MAX_OFFSET
) -> Offsets:
    """Find the offsets that bring people (V, F, P, J, 3) onto each other's epipolar lines.

    Of several people each counts with who is nearest in the other view, so that it need not be
    known who is who. All pairs of views vote; the votes are joined by weighted least absolute
    differences.
    """
    views, frames = people.shape[:2]
    limit = max(0, min(max_offset, frames - MIN_OVERLAP))
    if limit == 0:
        nothing = np.zeros(views, bool)
        return Offsets(np.zeros(views, int), nothing, nothing, np.ones(views))
    several = people.shape[2] > 1
    stretch = packed_stretch(people) if several else _busiest_stretch(people[:, :, 0])
    xy = [homogeneous(camera, view) for camera, view in zip(cameras, stretch, strict=True)]
    differences = np.zeros((views, views))
    weights = np.zeros((views, views))
    costs = np.full((views, views, 2 * limit + 1), np.nan)
    for a, b in combinations(range(views), 2):
        lines_of = NearestPeople if several else EpipolarLines
        lines = lines_of(cameras[a], cameras[b], xy[a], xy[b])
        offset, clarity, costs[a, b] = _pair_offset(lines, len(xy[a]), limit)
        costs[b, a] = costs[a, b, ::-1]
        differences[a, b], differences[b, a] = offset, -offset
        weights[a, b] = weights[b, a] = clarity
    offsets = _join_votes(differences, weights)
    offsets -= round(float(np.median(offsets)))
    at_limit = (np.abs(differences) == limit) & (weights > 0)
    remains = np.array([_remains(costs[view], offsets, view) for view in range(views)])
    return Offsets(offsets, weights.max(axis=1) > 0, at_limit.any(axis=1), remains)


def _remains(costs: np.ndarray, offsets: np.ndarray, view: int) -> float:
    """What ``Offsets.remains`` says of a view.

    Args:
        costs: (V, 2 L + 1) of the pairs of this view and each other, the other later by -L to L.
    """
    limit = costs.shape[1] // 2
    others = np.flatnonzero(np.arange(len(costs)) != view)

    def cost(frames: int) -> float:
        places = np.clip(offsets[others] - frames, -limit, limit) + limit
        values = costs[others, places]
        return float(values[np.isfinite(values)].sum())

    without = cost(0)
    return cost(int(offsets[view])) / without if without > 0 else 1.0


def shift_views(keypoints: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Bring late views (V, F, ...) forward; frames without a counterpart become NaN."""
    shifted = np.full_like(keypoints, np.nan)
    for view, offset in enumerate(offsets):
        target, source = _overlap(keypoints.shape[1], offset)
        shifted[view, target] = keypoints[view, source]
    return shifted


def _overlap(frames: int, offset: int) -> tuple[slice, slice]:
    """The frames of a view in time, and those in which one that is late shows the same."""
    return (
        slice(max(0, -offset), min(frames, frames - offset)),
        slice(max(0, offset), min(frames, frames + offset)),
    )


def _busiest_stretch(keypoints: np.ndarray) -> np.ndarray:
    """The stretch with the most motion, where the clip is long."""
    if keypoints.shape[1] <= MAX_FRAMES:
        return keypoints
    speed = np.nan_to_num(np.abs(np.diff(keypoints[..., :2], axis=1)))
    speed = np.minimum(speed, np.percentile(speed, 99)).sum(axis=(0, 2, 3))
    activity = np.convolve(speed, np.ones(MAX_FRAMES - 1), mode="valid")
    start = int(np.argmax(activity))
    return keypoints[:, start : start + MAX_FRAMES]


def _pair_offset(
    lines: EpipolarLines | NearestPeople, frames: int, limit: int
) -> tuple[int, float, np.ndarray]:
    """The offset of least truncated distance of two views, and how clear it is (0: not at all).

    Also the mean truncated distances at all offsets from -limit to limit.
    """
    offsets = range(-limit, limit + 1)
    pixels = (lines.distances(*_overlap(frames, offset)) for offset in offsets)
    distances = [x[np.isfinite(x)] for x in pixels]
    bound = TRUNCATION * max(1.0, _least_median(distances))
    costs = np.array(
        [np.minimum(x, bound).mean() if len(x) > MIN_OVERLAP else np.inf for x in distances]
    )
    best = int(np.argmin(costs))
    rivals = costs[np.abs(np.arange(len(costs)) - best) > NEAR_OFFSETS]
    rivals = rivals[np.isfinite(rivals)]
    if not np.isfinite(costs[best]) or not len(rivals):
        return 0, 0.0, costs
    ratio = float(rivals.min() / max(costs[best], 1e-9))
    # Keypoints of one frame err together, so frames are what counts.
    error = np.minimum(distances[best], bound).std() / np.sqrt(frames - abs(offsets[best]))
    is_clear = ratio > CLEAR_RATIO and rivals.min() - costs[best] > CLEAR_ERRORS * error
    return offsets[best], ratio - 1 if is_clear else 0.0, costs


def _least_median(distances: Sequence[np.ndarray]) -> float:
    """Of those that are long enough; infinite without any."""
    middle = len(distances) // 2
    least = np.inf
    # From where it is likely; a median is worked out only where it can be less.
    for number in sorted(range(len(distances)), key=lambda number: abs(number - middle)):
        values = distances[number]
        if len(values) > MIN_OVERLAP and 2 * np.count_nonzero(values < least) >= len(values):
            least = min(least, float(np.median(values)))
    return least


def _join_votes(differences: np.ndarray, weights: np.ndarray) -> np.ndarray:
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
                    # The weighted median.
                    order = np.argsort(votes[others])
                    share = np.cumsum(weights[others, view][order])
                    middle = np.searchsorted(share, share[-1] / 2)
                    offsets[view] = int(votes[others][order][middle])
        agrees = np.abs(offsets[None] - offsets[:, None] - differences) <= 1
        score = float((agrees * weights).sum())
        if score > best_score:
            best, best_score = offsets.copy(), score
    return best
