"""Frames in which too little is seen."""

from __future__ import annotations

import numpy as np

from .rotations import exponential, logarithm

# Three points fix a rigid body; fewer say nothing about a pose.
ENOUGH_KEYPOINTS = 3
# The acceleration prior would swing far out across anything longer.
LONGEST_BRIDGE_SECONDS = 0.5


def gaps_of(valid: np.ndarray) -> list[tuple[int, int]]:
    """First frame and length of every run of invalid frames in (F,)."""
    edges = np.diff(np.concatenate([[0], (~valid).astype(int), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(begin), int(end - begin)) for begin, end in zip(begins, ends, strict=True)]


def optimised_frames(valid: np.ndarray, fps: float) -> np.ndarray:
    """bool (F,): the valid frames and the short gaps between them."""
    kept = valid.copy()
    for begin, length in gaps_of(valid):
        inside = begin > 0 and begin + length < len(valid)
        if inside and length <= LONGEST_BRIDGE_SECONDS * fps:
            kept[begin : begin + length] = True
    return kept


def bridged(
    rotations: np.ndarray, transl: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Frames that were left out: the shortest way between their neighbours, held at the ends.

    Args:
        rotations: (F', K, 3, 3), of the kept frames.
        transl: (F', 3).
        kept: bool (F,), with F' true.

    Returns:
        (F, K, 3, 3) and (F, 3).
    """
    times, known = np.arange(len(kept)), np.flatnonzero(kept)
    after = np.searchsorted(known, times, side="left").clip(0, len(known) - 1)
    before = (np.searchsorted(known, times, side="right") - 1).clip(0, len(known) - 1)
    span = np.maximum(known[after] - known[before], 1)
    share = np.clip((times - known[before]) / span, 0, 1)
    turn = np.zeros((len(kept), rotations.shape[1], 3))
    open_ = after != before
    first, last = rotations[before[open_]], rotations[after[open_]]
    turn[open_] = logarithm(first.swapaxes(-1, -2) @ last)
    moved = transl[before] + share[:, None] * (transl[after] - transl[before])
    return rotations[before] @ exponential(share[:, None, None] * turn), moved
