"""Do the labels say left where the body's right is?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..smpl_body.conventions import Convention
from .priors import JointPriors
from .residuals import Objective, Observations
from .rig import Rig
from .solver import minimise
from .start import start

FRAMES, ITERATIONS = 24, 5
# Swapped labels must cost less than this share of what the given ones cost.
MUCH_LESS = 0.6


def looks_mirrored(
    rig: Rig,
    convention: Convention,
    points: np.ndarray,
    seen: Observations,
    priors: JointPriors,
    betas: np.ndarray,
    scaling: float,
) -> bool:
    """Fit some frames by themselves as labelled and with left and right swapped.

    Knees and elbows that would bend backwards, and a face at the back of the head, tell.

    Args:
        rig: The skeleton.
        convention: Of the keypoints.
        points: (F, N, 3), metres, all finite: the targets with gaps filled.
        seen: The targets.
        priors: Of the active joints.
        betas: (B,).
        scaling: Of the body.
    """
    place = {int(column): n for n, column in enumerate(rig.columns)}
    mirrored = convention.mirrored
    swapped = np.array([place.get(mirrored[column], -1) for column in rig.columns])
    if (swapped < 0).any() or (swapped == np.arange(len(swapped))).all():
        return False
    fullest = np.argsort(-(seen.weights > 0).sum(axis=1), kind="stable")[: 4 * FRAMES]
    chosen = np.sort(fullest)[:: max(1, len(fullest) // FRAMES)][:FRAMES]
    some = replace(seen.frames(chosen), times=10 * np.arange(len(chosen)))
    costs = []
    for order in (np.arange(len(swapped)), swapped):
        reordered = replace(some, targets=some.targets[:, order], weights=some.weights[:, order])
        first = start(rig, convention, points[chosen][:, order], betas, scaling)
        objective = Objective(rig, reordered, priors, smooth=0.0)
        costs.append(minimise(objective, first, iterations=ITERATIONS)[1][-1])
    return costs[1] < MUCH_LESS * costs[0]
