"""How two views stand to each other, from keypoints that both see: their essential matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..cameras.camera import Camera

SEED = 0
RANSAC_PIXELS = 8.0
MAX_MATCHES, MIN_MATCHES = 2000, 30
GOOD_ANGLES = (15.0, 120.0)
# What a pair of views at a wider angle counts.
WIDE_SHARE = 0.3


@dataclass(frozen=True)
class ViewPair:
    """Two views whose relative pose is known, but for the distance between them.

    Attributes:
        views: Their indices.
        rotation: (3, 3), from the frame of the first to that of the second.
        translation: (3,), of length 1.
        inliers: How many matches agree.
        angle: Median degrees between the rays of a match.
    """

    views: tuple[int, int]
    rotation: np.ndarray
    translation: np.ndarray
    inliers: int
    angle: float

    @property
    def score(self) -> float:
        """More for more matches and for an angle from which points are well known."""
        low, high = GOOD_ANGLES
        return (
            self.inliers * min(1.0, self.angle / low) * (WIDE_SHARE if self.angle > high else 1.0)
        )

    def pose(self, cameras: Sequence[Camera]) -> dict[int, Camera]:
        """Both cameras by view: the first is the world, and their distance its unit."""
        a, b = self.views
        rotation = cv2.Rodrigues(self.rotation)[0].ravel()
        return {
            a: replace(cameras[a], rotation=np.zeros(3), translation=np.zeros(3)),
            b: replace(cameras[b], rotation=rotation, translation=self.translation),
        }


def match_views(
    cameras: Sequence[Camera], flat: np.ndarray, views: tuple[int, int]
) -> ViewPair | None:
    """Estimate the relative pose of two views; None where too little agrees.

    Args:
        flat: Keypoints (V, N, 3), NaN where missing.
    """
    both = np.flatnonzero(np.isfinite(flat[list(views)]).all(axis=(0, 2)))
    if len(both) < MIN_MATCHES:
        return None
    matches = np.random.default_rng(SEED).permutation(both)[:MAX_MATCHES]
    xy = [cameras[view].normalised(flat[view, matches, :2]) for view in views]
    focal = np.mean([cameras[view].matrix[0, 0] for view in views])
    cv2.setRNGSeed(SEED)
    essential, mask = cv2.findEssentialMat(
        xy[0], xy[1], np.eye(3), cv2.USAC_MAGSAC, 0.999, float(RANSAC_PIXELS / focal)
    )
    if essential is None or essential.shape != (3, 3):
        return None
    count, rotation, translation, mask = cv2.recoverPose(
        essential, xy[0], xy[1], np.eye(3), mask=mask
    )
    if count < MIN_MATCHES:
        return None
    angle = _median_angle(rotation, [coordinates[mask.ravel() > 0] for coordinates in xy])
    return ViewPair(views, rotation, translation.ravel(), int(count), angle)


def _median_angle(rotation: np.ndarray, xy: Sequence[np.ndarray]) -> float:
    """Degrees between the rays of matches (N, 2) in two views."""
    rays = [np.column_stack([coordinates, np.ones(len(coordinates))]) for coordinates in xy]
    rays[0] = rays[0] @ rotation.T
    cosine = (rays[0] * rays[1]).sum(1) / np.prod([np.linalg.norm(r, axis=1) for r in rays], 0)
    return float(np.degrees(np.median(np.arccos(np.clip(cosine, -1, 1)))))
