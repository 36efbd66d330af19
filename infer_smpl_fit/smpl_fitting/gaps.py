"""Frames in which too little is observed."""

from __future__ import annotations

import numpy as np

from .rotations import interpolate

# Three points fix a rigid body; fewer say nothing about a pose.
ENOUGH_KEYPOINTS = 3
# The acceleration prior would swing far out across anything longer.
LONGEST_BRIDGE_SECONDS = 0.5


def runs_of(is_set: np.ndarray) -> list[tuple[int, int]]:
    """First frame and length of every run of true values in bool (F,)."""
    edges = np.diff(np.concatenate([[0], is_set.astype(int), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(begin), int(end - begin)) for begin, end in zip(begins, ends, strict=True)]


def gaps_of(valid: np.ndarray) -> list[tuple[int, int]]:
    """First frame and length of every run of invalid frames in (F,)."""
    return runs_of(~valid)


def optimised_frames(valid: np.ndarray, fps: float) -> np.ndarray:
    """bool (F,): the valid frames and the short gaps between them."""
    kept = valid.copy()
    for begin, length in gaps_of(valid):
        is_inside = begin > 0 and begin + length < len(valid)
        if is_inside and length <= LONGEST_BRIDGE_SECONDS * fps:
            kept[begin : begin + length] = True
    return kept


def bridge_gaps(
    rotations: np.ndarray, transl: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate the frames that were left out between their neighbours; hold them at the ends.

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
    spans = np.maximum(known[after] - known[before], 1)
    shares = np.clip((times - known[before]) / spans, 0, 1)[:, None]
    is_between = after != before
    bridged = rotations[before]
    bridged[is_between] = interpolate(
        bridged[is_between], rotations[after[is_between]], shares[is_between][:, None]
    )
    return bridged, transl[before] + shares * (transl[after] - transl[before])
