"""Gauss-Newton with Marquardt's damping (1963) over all frames at once.

The robust kernel narrows from step to step, so that far keypoints first guide and then fall out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..infer_smpl_fit_kit.stopping import ShouldStop, check_stop, never
from .banded import NormalEquations, newton_step
from .kinematics import NONE_FREE, Free, State, apply_step, forward
from .objective import Objective

# Geman-McClure's scale in metres, iteration by iteration; the last one stays.
KERNELS = (0.30, 0.30, 0.10, 0.10, 0.05)
ITERATIONS = 10
# A step that gains less than this share of the cost is the last one.
LEAST_GAIN = 1e-3
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-4, 1e-7, 1e6
# Keeps a frame without keypoints solvable; a keypoint weighs 1e4.
DIAGONAL_FLOOR = 1e-2


def minimise(
    objective: Objective,
    state: State,
    *,
    free: Free = NONE_FREE,
    iterations: int = ITERATIONS,
    kernels: Sequence[float] = KERNELS,
    should_stop: ShouldStop = never,
) -> tuple[State, list[float]]:
    """Lower the objective from a start.

    Args:
        objective: What to lower.
        state: The start.
        free: Which shared parameters to optimise.
        iterations: At most so many steps.
        kernels: Geman-McClure's scale step by step; the last one stays.
        should_stop: Asked before each step.

    Returns:
        The state and the cost before the first and after each step; it never rises, since a
        smaller kernel only lowers it.

    Raises:
        Stopped: ``should_stop`` said so.
    """
    kernel, damping = kernels[0], FIRST_DAMPING
    posed = forward(objective.rig, state)
    costs = [objective.cost(posed, kernel)]
    for iteration in range(iterations):
        check_stop(should_stop, "the fit")
        is_last_kernel = iteration >= len(kernels) - 1
        previous, kernel = kernel, kernels[-1] if is_last_kernel else kernels[iteration]
        before = costs[-1] if kernel == previous else objective.cost(posed, kernel)
        after, equations = before, objective.normal_equations(posed, kernel, free)
        while damping < MOST_DAMPING:
            try:
                step = newton_step(_damped(equations, damping))
            except np.linalg.LinAlgError:
                # Rounding beat a vanishing pivot.
                damping *= 10
                continue
            trial = forward(objective.rig, apply_step(objective.rig, posed.state, step, free=free))
            cost = objective.cost(trial, kernel)
            if cost <= before:
                posed, after = trial, cost
                damping = max(damping * 0.1, LEAST_DAMPING)
                break
            damping *= 10
        else:
            damping = FIRST_DAMPING
        costs.append(after)
        if is_last_kernel and before - after <= LEAST_GAIN * before:
            break
    return posed.state, costs


def _damped(equations: NormalEquations, damping: float) -> NormalEquations:
    diagonal = equations.diagonal.copy()
    indices = np.arange(diagonal.shape[1])
    diagonal[:, indices, indices] += damping * diagonal[:, indices, indices] + DIAGONAL_FLOOR
    return replace(equations, diagonal=diagonal)
