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
class ViewPair:
    """Two views that are posed: the first is the world, and their distance its unit.

    Attributes:
        cameras: Both by their indices.
        inliers: How many matches agree.
        angle: Median degrees between the rays of a match.
    """

    cameras: dict[int, Camera]
    inliers: int
    angle: float

    @property
    def score(self) -> float:
        """More for more matches and for an angle from which points are well known."""
        low, high = GOOD_ANGLES
        width = WIDE_SHARE if self.angle > high else min(1.0, self.angle / low)
        return self.inliers * width


def unposed_camera(name: str, size: tuple[int, int]) -> Camera:
    """A camera of which only the picture's size is known: f = 1.2 times its long side."""
    focal = GUESSED_FOCAL * max(size)
    matrix = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    return Camera(name, size, matrix, np.zeros(5), np.zeros(3), np.zeros(3))


def pose_cameras(
    cameras: Sequence[Camera], keypoints: np.ndarray, *, free_intrinsics: bool = True
) -> tuple[list[Camera], list[str]]:
    """Estimate all extrinsics of ``cameras``, focal lengths and k1; their extrinsics are ignored.

    The best pair's essential matrix gives the first points; each further camera is resected from
    them (PnP) and everything is adjusted. The first camera of that pair is the world, and the
    distance of the pair its unit.

    Args:
        keypoints: (V, F, J, 3).
        free_intrinsics: Whether focal lengths and k1 are estimated, too.

    Returns:
        The cameras, and why they may be unreliable.

    Raises:
        ValueError: Some view shares too little with the others.
    """
    flat = keypoints.reshape(len(cameras), -1, 3)
    pairs = combinations(range(len(cameras)), 2)
    matched = (match_views(cameras, flat, views) for views in pairs)
    best = max((pair for pair in matched if pair), key=lambda pair: pair.score, default=None)
    if best is None:
        raise ValueError(
            "no two views share enough moving keypoints to find how the cameras stand; record "
            "longer, with the person moving through the room, or lower camera_confidence"
        )
    posed = best.cameras
    while len(posed) < len(cameras):
        known = sorted(posed)
        placed = [posed[view] for view in known]
        adjusted = bundle_adjust(placed, flat[known], free_intrinsics, rounds=ADJUSTMENT_ROUNDS)
        posed = dict(zip(known, adjusted, strict=True))
        posed |= _add_view(cameras, flat, posed)
    placed = [posed[view] for view in range(len(cameras))]
    adjusted = bundle_adjust(placed, flat, free_intrinsics, keep_gauge=False)
    return adjusted, doubts_of(keypoints, best.angle)


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
    rays = [np.column_stack([x, np.ones(len(x))])[mask.ravel() > 0] for x in xy]
    rays[0] = rays[0] @ rotation.T
    cosine = (rays[0] * rays[1]).sum(1) / np.prod([np.linalg.norm(r, axis=1) for r in rays], 0)
    angle = float(np.degrees(np.median(np.arccos(np.clip(cosine, -1, 1)))))
    rvec = cv2.Rodrigues(rotation)[0].ravel()
    poses = (np.zeros(3), np.zeros(3)), (rvec, translation.ravel())
    pair = {
        view: replace(cameras[view], rotation=rotation, translation=translation)
        for view, (rotation, translation) in zip(views, poses, strict=True)
    }
    return ViewPair(pair, int(count), angle)


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
    return {view: resect(cameras[view], flat[view, sample, :2], points[sample])}


def resect(camera: Camera, pixels: np.ndarray, points: np.ndarray) -> Camera:
    """Pose ``camera`` so that it sees points (N, 3) at ``pixels`` (N, 2)."""
    if len(points) < MIN_MATCHES:
        raise ValueError(
            f"view {camera.name} shares only {len(points)} keypoints with the others: it cannot "
            "be placed; leave it out, give its extrinsics, or lower camera_confidence"
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


def doubts_of(keypoints: np.ndarray, angle: float) -> list[str]:
    """About cameras whose best pair of views sees the person under ``angle`` degrees."""
    doubts = []
    if angle < GOOD_ANGLES[0]:
        doubts.append(
            f"the best pair of views sees the person under only {angle:.0f} degrees of "
            "parallax: the cameras are unreliable"
        )
    return doubts + movement_doubts(keypoints)


def movement_doubts(keypoints: np.ndarray) -> list[str]:
    """About cameras that were adjusted to a person who hardly moves."""
    walk, height = _walk_and_height(keypoints)
    if walk >= MIN_WALK * height:
        return []
    return [
        "the person hardly moves through the room, so the estimated cameras may be off by "
        "10 to 25 cm; let somebody walk through the whole volume"
    ]


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
