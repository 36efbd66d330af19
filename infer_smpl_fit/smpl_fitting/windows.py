"""Clips of any length: what all frames share from samples, then windows that overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..infer_smpl_fit_kit.stopping import ShouldStop, never
from .kinematics import Free, State
from .objective import Objective
from .rotations import interpolate
from .solver import KERNELS, minimise

WINDOW, OVERLAP = 600, 40
SAMPLES, SAMPLE_FRAMES = 4, 120

Progress = Callable[[float], None]


def ignore_progress(share: float) -> None:
    """For callers that show none."""


def minimise_sequence(
    objective: Objective,
    state: State,
    free: Free,
    *,
    kernels: Sequence[float] = KERNELS,
    should_stop: ShouldStop = never,
    progress: Progress = ignore_progress,
) -> tuple[State, list[float]]:
    """Lower the objective over a clip of any length in bounded memory.

    Arguments as in `minimise`; ``progress`` is called with the share that is done.

    Returns:
        The state and the cost a frame, iteration by iteration.

    Raises:
        Stopped: ``should_stop`` said so.
    """
    frames = len(state.transl)
    if frames <= WINDOW:
        state, costs = minimise(
            objective, state, free=free, kernels=kernels, should_stop=should_stop
        )
        return state, [cost / frames for cost in costs]
    # A few stretches all over the clip.
    begins = np.linspace(0, frames - SAMPLE_FRAMES, SAMPLES).astype(int)
    samples = np.unique(begins[:, None] + np.arange(SAMPLE_FRAMES))
    sample, _ = minimise(
        objective.select(samples),
        state.select(samples),
        free=free,
        kernels=kernels,
        should_stop=should_stop,
    )
    state = replace(state, betas=sample.betas, scaling=sample.scaling, offsets=sample.offsets)
    result = replace(state, rotations=state.rotations.copy(), transl=state.transl.copy())
    histories, fitted = [], 0
    for begin, end in windows(frames):
        window = slice(begin, end)
        piece, costs = minimise(
            objective.select(window), state.select(window), kernels=kernels, should_stop=should_stop
        )
        histories.append(costs)
        fitted += end - begin
        _write_window(result, piece, begin)
        progress(end / frames)
    # Costs of windows that ended early stay what they were.
    totals = [
        sum(costs[min(iteration, len(costs) - 1)] for costs in histories)
        for iteration in range(max(map(len, histories)))
    ]
    return result, [total / fitted for total in totals]


def windows(frames: int) -> list[tuple[int, int]]:
    """Begins and ends; the last window is as long as the others, its overlap larger."""
    begins = list(range(0, max(frames - WINDOW, 0), WINDOW - OVERLAP))
    begins.append(max(frames - WINDOW, 0))
    return [(begin, min(begin + WINDOW, frames)) for begin in begins]


def _write_window(result: State, piece: State, begin: int) -> None:
    """Write a window into the result; its overlap with the one before fades over."""
    end = begin + len(piece.transl)
    overlap = min(OVERLAP, end - begin) if begin else 0
    shares = ((np.arange(overlap) + 1) / (overlap + 1))[:, None]
    faded = slice(begin, begin + overlap)
    before, after = result.select(faded), piece.select(slice(overlap))
    result.rotations[faded] = interpolate(before.rotations, after.rotations, shares[:, None])
    result.transl[faded] += shares * (after.transl - before.transl)
    result.rotations[begin + overlap : end] = piece.rotations[overlap:]
    result.transl[begin + overlap : end] = piece.transl[overlap:]
