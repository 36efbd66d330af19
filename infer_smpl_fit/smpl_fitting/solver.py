"""Gauss-Newton with Marquardt's damping (1963) over all frames at once.

The robust kernel narrows from step to step, so that far keypoints first guide and then fall out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .banded import BlockBanded, solve_with_shared
from .jacobian import FIXED, Shared, State, forward, stepped
from .residuals import Normal, Objective

# Geman-McClure's scale in metres, iteration by iteration; the last one stays.
KERNELS = (0.30, 0.30, 0.10, 0.10, 0.05)
ITERATIONS = 10
# A step that gains less than this share of the cost is the last one.
ENOUGH = 1e-3
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-4, 1e-7, 1e6
# Keeps a frame without keypoints solvable; a keypoint weighs 1e4.
FLOOR = 1e-2


class FitStopped(RuntimeError):
    """``should_stop`` said so."""


def minimise(
    objective: Objective,
    state: State,
    shared: Shared = FIXED,
    iterations: int = ITERATIONS,
    kernels: tuple[float, ...] = KERNELS,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[State, list[float]]:
    """Lower the objective from a start.

    Args:
        objective: What to lower.
        state: The start.
        shared: Which common parameters to look for.
        iterations: At most so many steps.
        kernels: Scale of the robust kernel in each step.
        should_stop: Asked before each step.

    Returns:
        The state and the cost before the first and after each step; it never rises, since a
        smaller kernel only lowers it.

    Raises:
        FitStopped: ``should_stop`` returned True.
    """
    damping = FIRST_DAMPING
    posed = forward(objective.rig, state)
    costs = [objective.cost(state, posed, kernels[0])]
    for iteration in range(iterations):
        if should_stop is not None and should_stop():
            raise FitStopped("the fit was stopped")
        kernel = kernels[min(iteration, len(kernels) - 1)]
        before = objective.cost(state, posed, kernel)
        normal = objective.normal(state, posed, kernel, shared)
        while damping < MOST_DAMPING:
            try:
                step, common = _step(normal, damping)
            except np.linalg.LinAlgError:
                # Rounding beat a vanishing pivot.
                damping *= 10
                continue
            trial = stepped(objective.rig, state, shared, step, common)
            trial_posed = forward(objective.rig, trial)
            after = objective.cost(trial, trial_posed, kernel)
            if after <= before:
                state, posed = trial, trial_posed
                damping = max(damping * 0.1, LEAST_DAMPING)
                break
            damping *= 10
        else:
            after, damping = before, FIRST_DAMPING
        costs.append(after)
        if iteration >= len(kernels) - 1 and before - after <= ENOUGH * before:
            break
    return state, costs


def _step(normal: Normal, damping: float) -> tuple[np.ndarray, np.ndarray]:
    diagonal = normal.diagonal.copy()
    each = np.arange(diagonal.shape[1])
    diagonal[:, each, each] += damping * diagonal[:, each, each] + FLOOR
    factor = BlockBanded(diagonal, normal.next_one, normal.next_two)
    return solve_with_shared(
        factor, normal.gradient, normal.coupling, normal.shared_matrix, normal.shared_gradient
    )
