"""Who is who in views whose cameras are unknown.

Of two views that stand in one unknown relation to each other, the right match of people explains
everybody at once: each match of two stretches, and each two such matches together, propose an
essential matrix, and the one under which most keypoints of all people lie on each other's epipolar
lines decides. One person who stays in place tells it badly, two at some distance well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from ..camera import Camera
from .identity import main_person
from .tracks import Track, track_people

SEED = 0
# Frames in which nobody else is seen, from which on they are enough for the cameras.
ENOUGH_ALONE, LEAST_ALONE = 90, 20
MIN_MATCHES, MAX_MATCHES = 60, 500
LONGEST_TRACKLETS, PROPOSALS, JOINT_PROPOSALS = 6, 16, 24
NEAR_PIXELS = 8.0
# Of the keypoints of two stretches: how many agree by chance, and how many where they are one's.
BY_CHANCE, SAME_PERSON = 0.45, 0.6


class MatchedPair(NamedTuple):
    """Two views, and what matches in them.

    Attributes:
        views: Both by their indices.
        stretches: Pairs of stretches, one of each view, that are one person's.
        gain: How many keypoints speak for it.
    """

    views: tuple[int, int]
    stretches: list[tuple[Track, Track]]
    gain: float

    @property
    def keypoints(self) -> np.ndarray:
        """(2, F, S * J, 3): the stretches side by side, as if they were one person's joints."""
        sides = zip(*self.stretches, strict=True)
        return np.stack([np.concatenate([t.keypoints for t in side], axis=1) for side in sides])


def lonely_person(keypoints: np.ndarray, enough: int = ENOUGH_ALONE) -> np.ndarray | None:
    """(V, F, J, 3): whoever is seen while no view shows anybody else.

    None where some view shows them so in fewer frames than are ``enough``.

    Args:
        keypoints: (V, F, P, J, 3).
    """
    tracks = [[t.present for t in track_people(view, 0)] for view in keypoints]
    frames = keypoints.shape[1]
    counts = np.stack([np.sum(view, axis=0) if view else np.zeros(frames, int) for view in tracks])
    alone = (counts <= 1).all(axis=0) & ((counts == 1).sum(axis=0) >= 2)
    if ((counts == 1) & alone).sum(axis=1).min() < enough:
        return None
    return main_person(np.where(alone[None, :, None, None, None], keypoints, np.nan))


def match_pairs(cameras: Sequence[Camera], tracklets: Sequence[Track]) -> list[MatchedPair]:
    """For every two views that share people the stretches that match, most agreed on first.

    Args:
        cameras: Whose extrinsics are not known and not used.
        tracklets: Of all views.
    """
    of_view = [
        sorted(
            (i for i, t in enumerate(tracklets) if t.view == view),
            key=lambda i: -tracklets[i].support,
        )[:LONGEST_TRACKLETS]
        for view in range(len(cameras))
    ]
    xy = [cameras[t.view].normalised(t.keypoints[..., :2]) for t in tracklets]
    pairs = []
    for a, b in combinations(range(len(cameras)), 2):
        focal = float(np.mean([cameras[view].matrix[0, 0] for view in (a, b)]))
        gain, matches = _match_views(xy, of_view[a], of_view[b], NEAR_PIXELS / focal)
        if matches:
            stretches = [(tracklets[i], tracklets[j]) for i, j in matches]
            pairs.append(MatchedPair((a, b), stretches, gain))
    return sorted(pairs, key=lambda pair: -pair.gain)


def _match_views(
    xy: Sequence[np.ndarray], first: list[int], second: list[int], near: float
) -> tuple[float, list[tuple[int, int]]]:
    """How much agrees, and the matches of two views' stretches under the best essential matrix.

    Args:
        xy: (F, J, 2) of each stretch, normalised, NaN where missing.
        near: The distance from a line up to which a keypoint lies on it.
    """
    shared = np.array([[_shared(xy[i], xy[j]).sum() for j in second] for i in first])
    best: tuple[float, list[tuple[int, int]]] = (0.0, [])
    if not shared.size:
        return best
    for matches in _proposals(shared):
        one = np.concatenate([xy[first[i]] for i, _ in matches], axis=1)
        other = np.concatenate([xy[second[j]] for _, j in matches], axis=1)
        essential = _essential(one, other, near)
        if essential is None:
            continue
        agree = [[_agreement(xy[a], xy[b], essential, near) for b in second] for a in first]
        agreement = np.array(agree)
        gain = np.where(shared >= MIN_MATCHES, shared * np.maximum(agreement - BY_CHANCE, 0), 0)
        total = float(gain[linear_sum_assignment(-gain)].sum())
        if total > best[0]:
            fitting = np.argwhere((agreement >= SAME_PERSON) & (gain > 0))
            best = total, [(first[a], second[b]) for a, b in fitting]
    return best


def _proposals(shared: np.ndarray) -> Iterator[list[tuple[int, int]]]:
    """Matches that may tell how two views stand, by how many keypoints they share; then twos."""
    order = zip(*np.unravel_index(np.argsort(-shared, axis=None), shared.shape), strict=True)
    singles = [(int(i), int(j)) for i, j in order if shared[i, j] >= MIN_MATCHES]
    yield from ([match] for match in singles[:PROPOSALS])
    twos = [[a, b] for a, b in combinations(singles, 2) if a[0] != b[0] and a[1] != b[1]]
    yield from sorted(twos, key=lambda two: -min(shared[match] for match in two))[:JOINT_PROPOSALS]


def _shared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.isfinite(a[..., 0]) & np.isfinite(b[..., 0])


def _essential(a: np.ndarray, b: np.ndarray, near: float) -> np.ndarray | None:
    both = np.argwhere(_shared(a, b))
    chosen = np.random.default_rng(SEED).permutation(both)[:MAX_MATCHES]
    cv2.setRNGSeed(SEED)
    essential, _ = cv2.findEssentialMat(
        a[tuple(chosen.T)], b[tuple(chosen.T)], np.eye(3), cv2.USAC_MAGSAC, 0.999, near
    )
    return None if essential is None or essential.shape != (3, 3) else essential


def _agreement(a: np.ndarray, b: np.ndarray, essential: np.ndarray, near: float) -> float:
    """The share of keypoints that both stretches have which lie on each other's lines."""
    both = _shared(a, b)
    if not both.any():
        return 0.0
    xy_a, xy_b = (np.column_stack([x[both], np.ones(both.sum())]) for x in (a, b))
    line_b, line_a = xy_a @ essential.T, xy_b @ essential
    product = (xy_b * line_b).sum(axis=1)
    slopes = (line_a[:, :2] ** 2).sum(axis=1) + (line_b[:, :2] ** 2).sum(axis=1)
    # Sampson's distance (Hartley and Zisserman, 2004, section 11.4.3).
    return float((product**2 < near**2 * slopes).mean())
