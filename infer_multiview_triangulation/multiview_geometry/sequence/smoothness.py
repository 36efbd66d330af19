"""The weights of smooth motion and of bones, chosen by hiding observations and predicting them.

What is hidden is all that one view says of a joint during a long run, not single points: noise
that lasts would predict itself from the frames beside, and smoothness that follows the noise would
look right. The other views' noise is independent of what is hidden, however long it lasts. Against
it helps what does not change at all: the lengths of bones, as far as what is seen keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..points.errors import reprojection_errors
from ..points.rays import Rays
from .robust_objective import SequenceWeights, optimise_sequence

DEFAULT_SMOOTH = 1.0
# So many times as stiff bones are taken where they predict better: distances really are constant.
STIFFER = 10.0
CANDIDATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
# The search begins with the default, and goes down the curve on both sides.
FIRST = CANDIDATES.index(DEFAULT_SMOOTH)
# So many frames are looked at, in runs of which each joint hides one view.
SAMPLE_FRAMES, RUN = 90, 30
# Frames over which motion is measured; the share of the most observations that is enough.
STEP, ENOUGH = 3, 0.8
# Without so many hidden observations the default stays.
LEAST_HIDDEN = 200
SEED = 0


@dataclass(frozen=True)
class Smoothness:
    """The weights and how they were found.

    Attributes:
        smooth: The weight of squared accelerations.
        bone: The weight of constant bone lengths.
        curve: Of each weight that was tried, by how many pixels hidden observations are missed
            (root mean square, outliers counted as if they were the outlier scale off); empty where
            too little could be hidden.
    """

    smooth: float
    bone: float
    curve: tuple[tuple[float, float], ...] = ()


def choose_smoothness(
    rays: Rays,
    start: np.ndarray,
    bones: np.ndarray,
    *,
    scale: float,
    weights: SequenceWeights,
) -> Smoothness:
    """The weights by which hidden observations are predicted best.

    Args:
        rays: Observations of the F * J points.
        start: (F, J, 3) triangulated, NaN where unknown.
        bones: (B, 2) pairs of joints.
        scale: Pixels beyond which an observation is an outlier.
        weights: The others, of which ``bone`` is tried ten times as large as well; of ``smooth``
            the default is taken where nothing can be hidden.
    """
    rows = _sampled_frames(rays, start)
    joints = start.shape[1]
    part = rays.of_points(slice(rows.start * joints, rows.stop * joints))
    hidden = _hidden(part, joints)
    if hidden.sum() < LEAST_HIDDEN:
        return Smoothness(DEFAULT_SMOOTH, weights.bone)
    shown = part.weighted(np.where(hidden, 0.0, part.weights))
    points, squared = start[rows], {}

    def missed(tried: SequenceWeights) -> np.ndarray:
        nonlocal points
        found = optimise_sequence(
            shown, points, bones, scale=scale, weights=tried, is_trial=True
        ).points
        # The next weight's optimum is near.
        points = np.where(np.isfinite(found), found, points)
        errors = reprojection_errors(part, found.reshape(-1, 3))
        return np.where(hidden, np.minimum(np.nan_to_num(errors, nan=scale), scale) ** 2, 0)

    def missed_by(number: int) -> float:
        if number not in squared:
            squared[number] = missed(replace(weights, smooth=CANDIDATES[number]))
        return float(squared[number].sum())

    best = FIRST
    for direction in (1, -1):
        while 0 <= best + direction < len(CANDIDATES) and (
            missed_by(best + direction) < missed_by(best)
        ):
            best += direction
    means = {k: float(squared[k].sum() / hidden.sum()) for k in sorted(squared)}
    curve = tuple((CANDIDATES[k], float(np.sqrt(means[k]))) for k in means)
    is_better = _is_clearly_less(squared[best], squared[FIRST], joints)
    smooth = _bottom(means, best) if is_better else DEFAULT_SMOOTH
    bone = weights.bone
    if bone > 0 and len(bones):
        stiff = replace(weights, smooth=CANDIDATES[best], bone=STIFFER * bone)
        bone = stiff.bone if missed(stiff).sum() < squared[best].sum() else bone
    return Smoothness(smooth, bone, curve)


def _is_clearly_less(squared: np.ndarray, default: np.ndarray, joints: int) -> bool:
    """Whether errors (V, N) fall by more than the standard error of their sum.

    What is hidden of a joint in a run is one observation of the difference, however long it is.
    """
    gain = (default - squared).sum(axis=0).reshape(-1, joints)
    runs = np.add.reduceat(gain, np.arange(0, len(gain), RUN), axis=0).ravel()
    return bool(runs.sum() > np.sqrt((runs * runs).sum()))


def _sampled_frames(rays: Rays, start: np.ndarray) -> slice:
    """The stretch in which most moves, of those in which enough is observed.

    A calm one would ask for a smoothness that quick motion does not bear.
    """
    frames, joints = start.shape[:2]
    if frames <= SAMPLE_FRAMES:
        return slice(0, frames)
    window = np.ones(SAMPLE_FRAMES)
    seen = rays.observed.reshape(len(rays.xy), frames, joints).sum(axis=(0, 2))
    seen = np.convolve(seen, window, mode="valid")
    moved = np.zeros(frames)
    steps = np.linalg.norm(start[STEP:] - start[:-STEP], axis=-1)
    known = np.isfinite(steps).any(axis=1)
    moved[:-STEP][known] = np.nanmedian(steps[known], axis=1)
    moved = np.convolve(moved, window, mode="valid")
    first = int(np.argmax(np.where(seen >= ENOUGH * seen.max(), moved, -1)))
    return slice(first, first + SAMPLE_FRAMES)


def _hidden(rays: Rays, joints: int) -> np.ndarray:
    """(V, N) bool: of each joint and run one view, where two others are left."""
    observed = rays.observed.reshape(len(rays.xy), -1, joints)
    rng = np.random.default_rng(SEED)
    hidden = np.zeros_like(observed)
    for first in range(0, observed.shape[1], RUN):
        rows = slice(first, first + RUN)
        views = rng.integers(len(observed), size=joints)
        hidden[views, rows, np.arange(joints)] = observed[views, rows, np.arange(joints)]
    enough = (observed & ~hidden).sum(axis=0) >= 2
    return (hidden & enough).reshape(rays.weights.shape)


def _bottom(missed: dict[int, float], best: int) -> float:
    """The weight at the bottom of the parabola through the best and its neighbours.

    Over the logarithm of the weight.
    """
    around = [best - 1, best, best + 1]
    if not all(number in missed for number in around):
        return CANDIDATES[best]
    x = np.log([CANDIDATES[number] for number in around])
    a, b, _ = np.polyfit(x - x[1], [missed[number] for number in around], 2)
    bottom = x[1] - b / (2 * a) if a > 0 else x[1]
    return float(np.round(np.exp(np.clip(bottom, x[0], x[2])), 4))
