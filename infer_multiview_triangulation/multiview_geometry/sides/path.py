"""The likeliest labels over time (Viterbi, 1967): views agree, labels last, bodies do not jump.

All costs are in votes, what one confident observation counts. The labels of a burst whose views
contradict each other half and half are decided by where the body was before and is afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

# A view begins or ends to be exchanged; it is exchanged in a frame, or otherwise than expected.
CHANGE, EXCHANGED, UNEXPECTED = 1.0, 0.02, 0.3
# All views are exchanged in a frame: detectors that agree on a whole take are right.
ALL_EXCHANGED = 0.2
# A joint that is as far from where it was as its other side.
JUMP = 2.0
# What is remembered of a joint counts less the more frames ago it was seen.
MEMORY_FRAMES = 10.0
# Points that are so much of their widths apart, on average, are another body's.
DIFFERENT = 0.3


@dataclass(frozen=True)
class Choices:
    """What one group of joints may be labelled as in a frame, or in several that are alike.

    Attributes:
        labels: (K, V) bool, of each labelling.
        costs: (K,) what speaks against it.
        entered: (K, G, 3) the first frame's points, NaN where unknown.
        left: (K, G, 3) the last frame's.
    """

    labels: np.ndarray
    costs: np.ndarray
    entered: np.ndarray
    left: np.ndarray

    @staticmethod
    def of(
        labels: np.ndarray,
        costs: np.ndarray,
        points: tuple[np.ndarray, np.ndarray],
        mirror: np.ndarray,
    ) -> Choices:
        """Labellings of which each has a mirror image, all views exchanged, that is as good."""
        entered, left = (np.concatenate([p, p[:, mirror]]) for p in points)
        both = np.concatenate([labels, ~labels])
        return Choices(both, np.concatenate([costs, costs]), entered, left)


@dataclass(frozen=True)
class Step:
    """A frame, or several; a state of it is a choice for each group.

    Attributes:
        groups: The choices of each.
        frames: How many.
        expected: (V,) bool, the labels that are likely; None: views are likely to be right.
    """

    groups: tuple[Choices, ...]
    frames: int = 1
    expected: np.ndarray | None = None

    @cached_property
    def states(self) -> np.ndarray:
        """(groups, S): which choice each state has for each group."""
        counts = [np.arange(len(group.costs)) for group in self.groups]
        return np.stack([grid.ravel() for grid in np.meshgrid(*counts, indexing="ij")])

    @cached_property
    def labels(self) -> np.ndarray:
        """(S, groups, V) bool."""
        chosen = zip(self.groups, self.states, strict=True)
        return np.stack([group.labels[choice] for group, choice in chosen], axis=1)

    @cached_property
    def costs(self) -> np.ndarray:
        """(S,) of the states by themselves."""
        chosen = zip(self.groups, self.states, strict=True)
        costs = sum(group.costs[choice] for group, choice in chosen)
        if self.expected is None:
            exchanged = np.asarray(self.labels.any(axis=1))
            rare = EXCHANGED * exchanged.sum(axis=1) + ALL_EXCHANGED * exchanged.all(axis=1)
            return costs + self.frames * rare
        unexpected = (self.labels ^ self.expected).any(axis=1).sum(axis=1)
        return costs + UNEXPECTED * self.frames * unexpected

    def reversed(self) -> Step:
        """The step as time runs backwards."""
        groups = tuple(Choices(g.labels, g.costs, g.left, g.entered) for g in self.groups)
        return Step(groups, self.frames, self.expected)


def likeliest_path(
    steps: Sequence[Step], widths: Sequence[np.ndarray]
) -> tuple[list[int], np.ndarray]:
    """The states of least cost, and of each step by how much the next best body is worse.

    Args:
        widths: (G,) of each group, how far a joint is from where left and right are the same.

    Returns:
        The state of each step; and (steps,) the votes between the best path and the best of
        those that place the body elsewhere in that step; infinite where there is none.
    """
    forward, came_from = _sweep(steps, widths)
    backward = _sweep([step.reversed() for step in steps[::-1]], widths)[0][::-1]
    state = int(np.argmin(forward[-1]))
    path = [state]
    for back in came_from[:0:-1]:
        state = int(back[state])
        path.append(state)
    path.reverse()
    margins = np.full(len(steps), np.inf)
    for number, (step, state) in enumerate(zip(steps, path, strict=True)):
        through = forward[number] + backward[number] - step.costs
        others = through[_is_elsewhere(step, state, widths)]
        if len(others):
            margins[number] = max(0.0, others.min() - through[state])
    return path, margins


def _is_elsewhere(step: Step, state: int, widths: Sequence[np.ndarray]) -> np.ndarray:
    """(S,) bool: some group's points are others than in ``state``."""
    elsewhere = np.zeros(step.states.shape[1], bool)
    for group, choices, width in zip(step.groups, step.states, widths, strict=True):
        jumps = _jumps(group.entered, group.entered[choices[state]], width)
        known = np.isfinite(jumps)
        mean = np.where(known, jumps, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        elsewhere |= (mean > DIFFERENT)[choices]
    return elsewhere


def _jumps(points: np.ndarray, others: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(..., G): squared distances in widths, at most 1; NaN where unknown."""
    moved = points - others
    return np.minimum((moved * moved).sum(axis=-1) / widths**2, 1)


def _sweep(
    steps: Sequence[Step], widths: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each step the least costs (S,) up to its states, and from which state they come."""
    totals, came_from = [steps[0].costs], [np.zeros(len(steps[0].costs), int)]
    first = zip(steps[0].groups, steps[0].states, strict=True)
    memories = [group.left[choices] for group, choices in first]
    ages = [np.zeros(memory.shape[:2]) for memory in memories]
    for before, step in pairwise(steps):
        change = (before.labels[:, None] ^ step.labels).any(axis=2).sum(axis=2)
        costs = totals[-1][:, None] + CHANGE * change
        for number, (group, choices) in enumerate(zip(step.groups, step.states, strict=True)):
            jumps = _jumps(memories[number][:, None], group.entered, widths[number])
            jumps = np.where(np.isfinite(jumps), jumps, 0)
            fresh = np.exp(-ages[number] / MEMORY_FRAMES)[:, None]
            costs += JUMP * (jumps * fresh).sum(axis=2)[:, choices]
        best = np.argmin(costs, axis=0)
        totals.append(costs[best, np.arange(len(best))] + step.costs)
        came_from.append(best)
        for number, (group, choices) in enumerate(zip(step.groups, step.states, strict=True)):
            left = group.left[choices]
            is_new = np.isfinite(left[..., 0])
            memories[number] = np.where(is_new[..., None], left, memories[number][best])
            ages[number] = np.where(is_new, 0, ages[number][best] + step.frames)
    return totals, came_from
