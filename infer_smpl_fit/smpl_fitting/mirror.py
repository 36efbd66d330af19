"""Do the labels say left where the body's right is?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .objective import Objective
from .proportions import Proportions
from .solver import minimise
from .start import analytic_start

FRAMES, ITERATIONS = 24, 5
# Swapped labels must cost less than this share of what the given ones cost.
MUCH_LESS = 0.6


def looks_mirrored(objective: Objective, points: np.ndarray, proportions: Proportions) -> bool:
    """Fit some frames by themselves as labelled and with left and right swapped.

    Knees and elbows that would bend backwards, and a face at the back of the head, tell.

    Args:
        objective: Of F frames.
        points: (F, N, 3), metres, the observed keypoints with gaps filled.
        proportions: Of the body.
    """
    rig = objective.rig
    sides, keypoints = rig.convention.mirrored, rig.keypoint_of_column
    # -1 where the rig lacks a keypoint's counterpart.
    mirrored = np.array([keypoints.get(sides[column], -1) for column in rig.columns])
    unchanged = np.arange(len(mirrored))
    if (mirrored < 0).any() or (mirrored == unchanged).all():
        return False
    observed = objective.observations.is_observed.sum(axis=1)
    fullest = np.argsort(-observed, kind="stable")[: 4 * FRAMES]
    frames = np.sort(fullest)[:: max(1, len(fullest) // FRAMES)][:FRAMES]
    # Far apart in time, so that nothing ties one to the next.
    some = replace(objective.observations.select(frames), times=10 * np.arange(len(frames)))
    costs = []
    for order in (unchanged, mirrored):
        reordered = replace(some, targets=some.targets[:, order], weights=some.weights[:, order])
        start = analytic_start(rig, points[frames][:, order], proportions)
        alone = replace(objective, observations=reordered, smooth=0.0)
        costs.append(minimise(alone, start, iterations=ITERATIONS)[1][-1])
    return costs[1] < MUCH_LESS * costs[0]
