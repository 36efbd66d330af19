"""Which moments the cameras are adjusted to, and which are kept to judge them by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import connected_components

from .board import Board
from .intrinsics import Intrinsics
from .poses import Rigid, never_together
from .selection import looks, most_different, still_ones
from .sightings import Sightings

# Of the moments at which two views see the board so many are adjusted to, and kept to judge by.
SHARED, HELD_OUT = 90, 30
# Besides, of each view so many at which it sees the board alone; and to join views.
ALONE = JOINING = 20


def chosen_moments(
    sightings: Sightings,
    boards: Rigid,
    speed: np.ndarray,
    is_held: np.ndarray,
    *,
    intrinsics: Sequence[Intrinsics] | None,
    board: Board,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the moments to adjust to, which join all views, and of those to judge by.

    Where the views are joined only by moments that are kept to judge by, none is kept.

    Args:
        boards: To the world, of M moments; NaN where unknown.
        speed: (V, M) pixels a frame, NaN where the board was not seen.
        is_held: (M,) bool: what is kept to judge by, if it can be.
        intrinsics: Of each view; None: they are given.

    Raises:
        ValueError: Where views share the board, they contradict each other; the text names them.
    """
    seen = sightings.seen & np.isfinite(boards.translation[:, 0])
    shared = seen.sum(axis=0) >= 2
    used, kept = np.zeros(0, int), is_held
    for kept in (is_held, np.zeros_like(is_held)):
        used = _spread(seen, boards, speed, shared & ~kept, SHARED)
        used = _with_joints(seen, used, shared & ~kept)
        if not _groups_of(seen[:, used]).any():
            break
    apart = _groups_of(seen[:, used]) != 0
    if apart.any():
        raise ValueError(never_together(sightings.names, apart))
    held = _spread(seen, boards, speed, shared & kept, HELD_OUT)
    for view, lens in enumerate(intrinsics or ()):
        mine = lens.used[seen[view, lens.used]]
        if len(mine):
            features = looks(sightings.pixels[view, mine], board.corners, sightings.sizes[view])
            used = np.union1d(used, mine[most_different(features, ALONE, 0)])
    return used, held


def _groups_of(seen: np.ndarray) -> np.ndarray:
    """The number (V,) of each view's group, joined by moments (V, M); that of the first is 0."""
    return connected_components(seen.astype(int) @ seen.T)[1]


def _with_joints(seen: np.ndarray, used: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """With moments more that join views which the chosen ones leave apart, as far as there are."""
    views = len(seen)
    while True:
        groups = _groups_of(seen[:, used])[:, None]
        lowest = np.where(seen, groups, views).min(axis=0)
        joining = np.flatnonzero(allowed & (np.where(seen, groups, -1).max(axis=0) > lowest))
        if not len(joining):
            return used
        places = np.linspace(0, len(joining) - 1, min(JOINING, len(joining))).astype(int)
        used = np.union1d(used, joining[places])


def _spread(
    seen: np.ndarray, boards: Rigid, speed: np.ndarray, allowed: np.ndarray, count: int
) -> np.ndarray:
    """Sorted indices of up to ``count`` moments at which the board is at different places."""
    shared = np.flatnonzero(allowed)
    if not len(shared):
        return shared
    quickest = np.where(seen, speed, -np.inf)[:, shared].max(axis=0)
    shared = shared[still_ones(quickest, count)]
    # Views that seldom share the board keep what they have.
    rarity = len(shared) / np.maximum(seen[:, shared].sum(axis=1, keepdims=True), 1)
    weight = (seen[:, shared] * rarity).max(axis=0)
    places = boards.translation[shared] / max(float(np.ptp(boards.translation[shared])), 1e-9)
    features = np.hstack([places, boards.rotation[shared][:, :, 2] / 2, weight[:, None] / 10])
    start = int(seen[:, shared].sum(axis=0).argmax())
    return np.sort(shared[most_different(features, count, start)])
