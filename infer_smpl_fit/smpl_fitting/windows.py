"""Clips of any length: what all frames share from samples, then windows that overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from .jacobian import FIXED, Shared, State
from .residuals import Objective
from .rotations import exponential, logarithm
from .solver import minimise

WINDOW, OVERLAP = 600, 40
SAMPLES, SAMPLE_FRAMES = 4, 120


def minimise_sequence(
    objective: Objective,
    state: State,
    shared: Shared,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[State, list[float]]:
    """Lower the objective over a clip of any length in bounded memory.

    Args:
        objective: Over all F frames.
        state: The start.
        shared: Which common parameters to look for.
        should_stop: Asked before each step.
        progress: Called with the share that is done.

    Returns:
        The state and the cost a frame, iteration by iteration.

    Raises:
        FitStopped: ``should_stop`` returned True.
    """
    frames = len(state.transl)
    if frames <= WINDOW:
        state, costs = minimise(objective, state, shared, should_stop=should_stop)
        return state, [cost / frames for cost in costs]
    chosen = _samples(frames)
    sample, _ = minimise(
        _part(objective, chosen), state.frames(chosen), shared, should_stop=should_stop
    )
    state = replace(state, betas=sample.betas, scaling=sample.scaling, offsets=sample.offsets)
    result = replace(state, rotations=state.rotations.copy(), transl=state.transl.copy())
    histories, fitted = [], 0
    for begin, end in windows(frames):
        part = slice(begin, end)
        piece, costs = minimise(
            _part(objective, part), state.frames(part), FIXED, should_stop=should_stop
        )
        histories.append(costs)
        fitted += end - begin
        _join(result, piece, begin)
        if progress is not None:
            progress(end / frames)
    totals = [sum(column) for column in zip_longest(*_levelled(histories))]
    return result, [total / fitted for total in totals]


def windows(frames: int) -> list[tuple[int, int]]:
    """Begins and ends; the last window is as long as the others, its overlap larger."""
    begins = list(range(0, max(frames - WINDOW, 0), WINDOW - OVERLAP))
    begins.append(max(frames - WINDOW, 0))
    return [(begin, min(begin + WINDOW, frames)) for begin in begins]


def _samples(frames: int) -> np.ndarray:
    begins = np.linspace(0, frames - SAMPLE_FRAMES, SAMPLES).astype(int)
    return np.unique(begins[:, None] + np.arange(SAMPLE_FRAMES))


def _part(objective: Objective, chosen: np.ndarray | slice) -> Objective:
    return replace(objective, seen=objective.seen.frames(chosen))


def _levelled(histories: list[list[float]]) -> list[list[float]]:
    """Costs of windows that ended early stay what they were."""
    longest = max(len(costs) for costs in histories)
    return [costs + [costs[-1]] * (longest - len(costs)) for costs in histories]


def _join(result: State, piece: State, begin: int) -> None:
    """Write a window into the result; what it shares with the one before fades over."""
    end = begin + len(piece.transl)
    fade = min(OVERLAP, end - begin) if begin else 0
    share = (np.arange(fade) + 1) / (fade + 1)
    common = slice(begin, begin + fade)
    before = result.rotations[common]
    turn = logarithm(before.swapaxes(-1, -2) @ piece.rotations[:fade])
    result.rotations[common] = before @ exponential(share[:, None, None] * turn)
    moved = piece.transl[:fade] - result.transl[common]
    result.transl[common] += share[:, None] * moved
    result.rotations[begin + fade : end] = piece.rotations[fade:]
    result.transl[begin + fade : end] = piece.transl[fade:]
