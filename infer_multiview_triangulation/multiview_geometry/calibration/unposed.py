"""Cameras from nothing but the people that they see: relative poses, then one camera at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np

from ..camera import Camera
from ..points.rays import rays_of
from ..points.triangulation import weighted_dlt
from .bundle import bundle_adjust

SEED = 0
GUESSED_FOCAL = 1.2
RANSAC_PIXELS = 8.0
MAX_MATCHES, MIN_MATCHES = 2000, 30
GOOD_ANGLES = (15.0, 120.0)
# What a pair of views at a wider angle counts.
WIDE_SHARE = 0.3
PNP_PIXELS, PNP_ITERATIONS = 20.0, 500
ADJUSTMENT_ROUNDS = 4
# A person who walks less than this share of their height shows the cameras too little.
MIN_WALK = 0.3


@dataclass(frozen=True)
class _ViewPair:
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


@dataclass(frozen=True)
class PosedCameras:
    """Cameras in an arbitrary unit and world, and why they may be unreliable."""

    cameras: list[Camera]
    warnings: tuple[str, ...]


def unposed_camera(name: str, size: tuple[int, int]) -> Camera:
    """A camera of which only the picture's size is known: f = 1.2 times its long side."""
    focal = GUESSED_FOCAL * max(size)
    matrix = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    return Camera(name, size, matrix, np.zeros(5), np.zeros(3), np.zeros(3))


def pose_cameras(
    cameras: Sequence[Camera], keypoints: np.ndarray, free_intrinsics: bool
) -> PosedCameras:
    """Estimate all extrinsics of ``cameras``; theirs are ignored.

    The best pair's essential matrix gives the first points; each further camera is resected from
    them (PnP) and everything is adjusted. The first camera of that pair is the world, and the
    distance of the pair its unit.

    Args:
        keypoints: (V, F, J, 3).
        free_intrinsics: The intrinsics are guesses: estimate focal lengths and k1 as well.

    Raises:
        ValueError: Some view shares too little with the others.
    """
    flat = keypoints.reshape(len(cameras), -1, 3)
    pairs = combinations(range(len(cameras)), 2)
    matched = (_match_views(cameras, flat, views) for views in pairs)
    best = max((pair for pair in matched if pair), key=lambda pair: pair.score, default=None)
    if best is None:
        raise ValueError(
            "no two views share enough moving keypoints to find how the cameras stand; record "
            "longer, with the person moving through the room"
        )
    posed = best.pose(cameras)
    while len(posed) < len(cameras):
        posed = _adjust_known(posed, flat, free_intrinsics)
        posed |= _add_view(cameras, flat, posed)
    adjusted = bundle_adjust(
        [posed[view] for view in range(len(cameras))],
        keypoints,
        free_intrinsics,
        keep_gauge=False,
    )
    return PosedCameras(adjusted, tuple(_doubts(keypoints, best)))


def _match_views(
    cameras: Sequence[Camera], flat: np.ndarray, views: tuple[int, int]
) -> _ViewPair | None:
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
    return _ViewPair(views, rotation, translation.ravel(), int(count), angle)


def _median_angle(rotation: np.ndarray, xy: Sequence[np.ndarray]) -> float:
    """Degrees between the rays of matches (N, 2) in two views."""
    rays = [np.column_stack([coordinates, np.ones(len(coordinates))]) for coordinates in xy]
    rays[0] = rays[0] @ rotation.T
    cosine = (rays[0] * rays[1]).sum(1) / np.prod([np.linalg.norm(r, axis=1) for r in rays], 0)
    return float(np.degrees(np.median(np.arccos(np.clip(cosine, -1, 1)))))


def _adjust_known(
    posed: dict[int, Camera], flat: np.ndarray, free_intrinsics: bool
) -> dict[int, Camera]:
    known = sorted(posed)
    adjusted = bundle_adjust(
        [posed[view] for view in known],
        flat[known],
        free_intrinsics,
        rounds=ADJUSTMENT_ROUNDS,
    )
    return dict(zip(known, adjusted, strict=True))


def _add_view(
    cameras: Sequence[Camera], flat: np.ndarray, posed: dict[int, Camera]
) -> dict[int, Camera]:
    """The view that sees most of the points known so far, and its camera."""
    points = weighted_dlt(rays_of(list(posed.values()), flat[list(posed)]))
    usable = np.all(np.isfinite(flat), axis=2) & np.all(np.isfinite(points), axis=1)
    waiting = [view for view in range(len(cameras)) if view not in posed]
    view = max(waiting, key=lambda view: usable[view].sum())
    shared = np.flatnonzero(usable[view])
    sample = np.random.default_rng(SEED).permutation(shared)[:MAX_MATCHES]
    return {view: _resect(cameras[view], flat[view, sample, :2], points[sample])}


def _resect(camera: Camera, pixels: np.ndarray, points: np.ndarray) -> Camera:
    """Pose ``camera`` so that it sees points (N, 3) at ``pixels`` (N, 2)."""
    if len(points) < MIN_MATCHES:
        raise ValueError(
            f"view {camera.name} shares only {len(points)} keypoints with the others: it cannot "
            "be placed; leave it out or give its extrinsics"
        )
    cv2.setRNGSeed(SEED)
    is_posed, rotation, translation, _ = cv2.solvePnPRansac(
        points,
        camera.normalised(pixels),
        np.eye(3),
        None,
        reprojectionError=PNP_PIXELS / camera.matrix[0, 0],
        iterationsCount=PNP_ITERATIONS,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    if not is_posed:
        raise ValueError(f"view {camera.name} could not be placed among the others")
    return replace(camera, rotation=rotation.ravel(), translation=translation.ravel())


def _doubts(keypoints: np.ndarray, pair: _ViewPair) -> list[str]:
    doubts = []
    if pair.angle < GOOD_ANGLES[0]:
        doubts.append(
            f"the best pair of views sees the person under only {pair.angle:.0f} degrees of "
            "parallax: the cameras are unreliable"
        )
    walk, height = _walk_and_height(keypoints)
    if walk < MIN_WALK * height:
        doubts.append(
            "the person hardly moves through the room, so the estimated cameras may be off by "
            "10 to 25 cm; let somebody walk through the whole volume"
        )
    return doubts


def _walk_and_height(keypoints: np.ndarray) -> tuple[float, float]:
    """How far the person's middle moves at most in a view, and how tall it is, in pixels."""
    walks, heights = [0.0], [1.0]
    for view in keypoints:
        present = view[np.isfinite(view[..., 0]).sum(axis=1) >= 3]
        if len(present):
            middle = np.nanmedian(present[..., :2], axis=1)
            low, high = np.percentile(middle, (5, 95), axis=0)
            walks.append(float((high - low).max()))
            rows = present[..., 1]
            heights.append(float(np.median(np.nanmax(rows, 1) - np.nanmin(rows, 1))))
    return max(walks), float(np.median(heights))
