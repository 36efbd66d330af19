"""Feet that stand still: every frame of a stand shows the same place, so that its mean is nearer.

A foot on the ground does not move, whatever a detector's noise makes of it. Zero velocity in stance
is what foot-mounted inertial navigation lives by (Foxlin, 2005).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .filters import fill_missing
from .gaps import runs_of
from .objective import Observations
from .rig import Rig

FEET = ("ankle", "toe", "heel")
# A foot stands while its low-passed speed is below this, for at least so long.
SLOW_METRES_A_SECOND, LOW_PASS_SECONDS, LEAST_SECONDS = 0.2, 0.06, 0.2
# Farther than this from the middle of its stand a foot has begun to roll or to slide, metres.
STILL_METRES = 0.03
# The mean of a stand errs by less than a frame does: its share of a frame's variance.
VARIANCE_SHARE = 0.25


def stand_still(rig: Rig, observations: Observations) -> Observations:
    """The observations with each stand's mean for the feet's keypoints in it."""
    targets, weights = observations.targets.copy(), observations.weights.copy()
    for n, column in enumerate(rig.columns):
        if not any(part in rig.convention.keypoints[column] for part in FEET):
            continue
        is_seen = weights[:, n] > 0
        for stand in stands_of(targets[:, n], is_seen, observations.fps):
            used = stand[is_seen[stand]]
            targets[used, n] = np.average(targets[used, n], axis=0, weights=weights[used, n])
            weights[used, n] /= VARIANCE_SHARE
    return replace(observations, targets=targets, weights=weights)


def stands_of(track: np.ndarray, is_seen: np.ndarray, fps: float) -> list[np.ndarray]:
    """Frames of each stand of a keypoint.

    Args:
        track: (F, 3), metres.
        is_seen: bool (F,).
        fps: Frames a second.
    """
    if is_seen.sum() < 3:
        return []
    seen = np.where(is_seen[:, None], track, np.nan)
    filled = fill_missing(seen[:, None])[:, 0]
    smooth = gaussian_filter1d(filled, LOW_PASS_SECONDS * fps, axis=0, mode="nearest")
    speed = np.linalg.norm(np.gradient(smooth, axis=0), axis=1) * fps
    stands = []
    for begin, length in runs_of(speed < SLOW_METRES_A_SECOND):
        frames = np.arange(begin, begin + length)
        middle = np.median(smooth[frames], axis=0)
        frames = frames[np.linalg.norm(smooth[frames] - middle, axis=1) < STILL_METRES]
        if len(frames) >= max(LEAST_SECONDS * fps, 3) and is_seen[frames].any():
            stands.append(frames)
    return stands
