"""How well the views of a frame agree once left and right are exchanged in some of them.

A labelling says of each view whether it is exchanged. All pairs of views are hypotheses of each
point, as in the robust triangulation; what a view thinks of a point depends on whether its
labels are those of the pair's first view, so that all labellings share the same few votes.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from ..points.rays import Rays
from ..points.robust import MAX_PAIRS, directions_of, midpoints
from .groups import SideGroup

# Up to so many views all labellings are tried; beyond, they are searched view by view.
EXHAUSTIVE_VIEWS = 6
SWEEPS = 3


class Labellings:
    """The votes of f frames for any labelling of their V views."""

    def __init__(self, rays: Rays, group: SideGroup, *, scale: float) -> None:
        """Place every hypothesis.

        Args:
            rays: Of f * G points, those of the group in each frame.
            scale: Pixels beyond which an observation is an outlier.
        """
        views, count = rays.xy.shape[:2]
        joints = len(group.joints)
        self._frames, self._mirror = count // joints, group.mirror
        every = np.array(list(combinations(range(views), 2)))
        if len(every) > MAX_PAIRS:
            every = np.sort(np.random.default_rng(0).permutation(every)[:MAX_PAIRS], axis=0)
        self._pairs = every
        other = (np.arange(count).reshape(-1, joints)[:, group.mirror]).ravel()
        self._place(rays, rays.of_points(other), scale)
        self.most = rays.weights.sum(axis=0).reshape(self._frames, joints).sum(axis=1)

    def _place(self, rays: Rays, mirrored: Rays, scale: float) -> None:
        """Fill the votes (pairs, kinds, sides, V, N) and the points (pairs, kinds, N, 3).

        The kinds: the pair's two views have the same labels, or not. The sides: a view has the
        labels of the pair's first, or not.
        """
        views, count = rays.xy.shape[:2]
        both = (rays, mirrored)
        directions = [directions_of(side) for side in both]
        centres = rays.centres
        shape = (len(self._pairs), 2, 2, views, count)
        self._votes = np.zeros(shape, np.float32)
        self._points = np.zeros((len(self._pairs), 2, count, 3))
        for number, (a, b) in enumerate(self._pairs):
            for kind, second in enumerate(both):
                ends = np.stack([directions[0][a], directions[kind][b]])
                points, in_front = midpoints(centres[[a, b]], ends)
                usable = in_front & rays.observed[a] & second.observed[b]
                local = rays.local(points)
                depth = local[..., 2]
                with np.errstate(divide="ignore", invalid="ignore"):
                    projected = local[..., :2] / depth[..., None]
                self._points[number, kind] = points
                for side, seen in enumerate(both):
                    offsets = (projected - seen.xy) * (rays.focal[:, None] / scale)
                    x, y = offsets[..., 0], offsets[..., 1]
                    agreement = np.maximum(0, 1 - x * x - y * y) * seen.weights
                    votes = np.where(usable & (depth > 0), agreement, 0)
                    self._votes[number, kind, side] = votes

    def judge(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What speaks against ``labels`` (f, V), and the points as they have them.

        Returns:
            (f,): the confidence of all observations less that which agrees; and (f, G, 3), NaN
            where no two views agree.
        """
        joints = len(self._mirror)
        best = np.zeros((self._frames, joints), np.float32)
        points = np.full((self._frames, joints, 3), np.nan)
        frames, views = np.arange(self._frames)[:, None], np.arange(labels.shape[1])
        for number, (a, b) in enumerate(self._pairs):
            kinds = (labels[:, a] ^ labels[:, b]).astype(int)
            sides = (labels ^ labels[:, a : a + 1]).astype(int)
            votes = self._votes[number].reshape(2, 2, len(views), self._frames, joints)
            score = votes[kinds[:, None], sides, views, frames].sum(axis=1)
            placed = self._points[number].reshape(2, self._frames, joints, 3)
            placed = placed[kinds, frames[:, 0]]
            # The first view's labels say which joint its observation is of.
            turned = labels[:, a]
            score[turned] = score[turned][:, self._mirror]
            better = score > best
            of_joints = np.where(turned[:, None, None], placed[:, self._mirror], placed)
            best = np.where(better, score, best)
            points[better] = of_joints[better]
        return self.most - best.sum(axis=1), points

    def candidates(self, count: int, *, start: np.ndarray) -> tuple[np.ndarray, ...]:
        """The best labellings of each frame, of which no two are each other's mirror image.

        Args:
            count: How many, K.
            start: (f, V) bool, from where a search of many views begins.

        Returns:
            Labels (K, f, V), what speaks against them (K, f), and their points (K, f, G, 3).
        """
        views = start.shape[1]
        if views <= EXHAUSTIVE_VIEWS:
            every = [(False, *rest) for rest in product((False, True), repeat=views - 1)]
            tried = [np.tile(np.array(labels), (self._frames, 1)) for labels in every]
            judged = [self.judge(labels) for labels in tried]
        else:
            tried, judged = self._searched(start)
        labels = np.stack(tried)
        costs, points = (np.stack(values) for values in zip(*judged, strict=True))
        # The detector as it is stays among them.
        ranked = costs - 1e-6 * ~labels.any(axis=2)
        order = np.argsort(ranked, axis=0, kind="stable")[:count]
        frames = np.arange(self._frames)
        return labels[order, frames], costs[order, frames], points[order, frames]

    def _searched(self, start: np.ndarray) -> tuple[list[np.ndarray], list[tuple]]:
        """Labellings on the way down from ``start``, one view changed at a time."""
        tried = [np.zeros_like(start), start]
        judged = [self.judge(labels) for labels in tried]
        is_better = judged[1][0] < judged[0][0]
        labels = np.where(is_better[:, None], start, tried[0])
        cost = np.minimum(judged[0][0], judged[1][0])
        for _ in range(SWEEPS):
            before = labels
            for view in range(start.shape[1]):
                flipped = labels.copy()
                flipped[:, view] ^= True
                flipped_cost, _ = self.judge(flipped)
                is_better = flipped_cost < cost
                labels = np.where(is_better[:, None], flipped, labels)
                cost = np.minimum(cost, flipped_cost)
            if (labels == before).all():
                break
        return [*tried, labels], [*judged, self.judge(labels)]
