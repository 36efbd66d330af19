"""Cameras from nothing but the people that they see: relative poses, then one camera at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np

from .bundle import adjust
from .camera import Camera
from .triangulation import weighted_dlt
from .views import rays_of

GUESSED_FOCAL = 1.2
RANSAC_PIXELS = 8.0
PNP_PIXELS = 20.0
MOST_MATCHES = 2000
LEAST_MATCHES = 30
GOOD_ANGLES = (15.0, 120.0)


@dataclass(frozen=True)
class Posed:
    """Cameras in an arbitrary unit and world, and why they may be unreliable."""

    cameras: list[Camera]
    error: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Pair:
    views: tuple[int, int]
    rotation: np.ndarray
    translation: np.ndarray
    inliers: int
    angle: float

    @property
    def quality(self) -> float:
        low, high = GOOD_ANGLES
        return self.inliers * min(1.0, self.angle / low) * (0.3 if self.angle > high else 1.0)


def unposed_camera(name: str, size: tuple[int, int]) -> Camera:
    """A camera of which only the picture's size is known: f = 1.2 times its long side."""
    focal = GUESSED_FOCAL * max(size)
    matrix = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    return Camera(name, size, matrix, np.zeros(5), np.zeros(3), np.zeros(3))


def pose_cameras(
    cameras: Sequence[Camera], keypoints: np.ndarray, free_intrinsics: bool, seed: int = 0
) -> Posed:
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
    pairs = [_relative(cameras, flat, a, b, seed) for a, b in _combinations(len(cameras))]
    pairs = sorted((p for p in pairs if p is not None), key=lambda p: -p.quality)
    if not pairs:
        raise ValueError(
            "no two views share enough moving keypoints to find how the cameras stand; record "
            "longer, with the person moving through the room"
        )
    posed = dict(zip(pairs[0].views, _first_two(cameras, pairs[0]), strict=True))
    while len(posed) < len(cameras):
        posed = _with_next(cameras, flat, posed, free_intrinsics, seed)
    whole = adjust(
        [posed[i] for i in range(len(cameras))], keypoints, free_intrinsics, seed, keep_gauge=False
    )
    return Posed(whole.cameras, whole.error, tuple(_doubts(keypoints, pairs[0])))


def _combinations(views: int) -> list[tuple[int, int]]:
    return list(combinations(range(views), 2))


def _relative(
    cameras: Sequence[Camera], flat: np.ndarray, a: int, b: int, seed: int
) -> _Pair | None:
    both = np.flatnonzero(np.isfinite(flat[[a, b]]).all(axis=(0, 2)))
    if len(both) < LEAST_MATCHES:
        return None
    chosen = np.random.default_rng(seed).permutation(both)[:MOST_MATCHES]
    xy = [cameras[v].normalised(flat[v, chosen, :2]) for v in (a, b)]
    focal = np.mean([cameras[v].matrix[0, 0] for v in (a, b)])
    cv2.setRNGSeed(seed)
    essential, mask = cv2.findEssentialMat(
        xy[0], xy[1], np.eye(3), cv2.USAC_MAGSAC, 0.999, RANSAC_PIXELS / focal
    )
    if essential is None or essential.shape != (3, 3):
        return None
    count, rotation, translation, mask = cv2.recoverPose(
        essential, xy[0], xy[1], np.eye(3), mask=mask
    )
    if count < LEAST_MATCHES:
        return None
    inside = mask.ravel() > 0
    rays = [np.column_stack([x[inside], np.ones(inside.sum())]) for x in xy]
    rays[0] = rays[0] @ rotation.T
    cosine = (rays[0] * rays[1]).sum(1) / np.prod([np.linalg.norm(r, axis=1) for r in rays], 0)
    angle = float(np.degrees(np.median(np.arccos(np.clip(cosine, -1, 1)))))
    return _Pair((a, b), rotation, translation.ravel(), int(count), angle)


def _first_two(cameras: Sequence[Camera], pair: _Pair) -> list[Camera]:
    a, b = pair.views
    first = replace(cameras[a], rotation=np.zeros(3), translation=np.zeros(3))
    rotation = cv2.Rodrigues(pair.rotation)[0].ravel()
    return [first, replace(cameras[b], rotation=rotation, translation=pair.translation)]


def _with_next(
    cameras: Sequence[Camera],
    flat: np.ndarray,
    posed: dict[int, Camera],
    free_intrinsics: bool,
    seed: int,
) -> dict[int, Camera]:
    """Add the view that sees most of the points known so far, then adjust."""
    known = sorted(posed)
    inside = [posed[i] for i in known]
    inside = adjust(inside, flat[known], free_intrinsics, seed, keep_gauge=True, rounds=4).cameras
    posed = dict(zip(known, inside, strict=True))
    points = weighted_dlt(rays_of(inside, flat[known]))
    counts = {
        view: (np.isfinite(points).all(axis=1) & np.isfinite(flat[view]).all(axis=1)).sum()
        for view in range(len(cameras))
        if view not in posed
    }
    view = max(counts, key=counts.__getitem__)
    return posed | {view: _resected(cameras[view], flat[view], points, seed)}


def _resected(camera: Camera, seen: np.ndarray, points: np.ndarray, seed: int) -> Camera:
    usable = np.isfinite(points).all(axis=1) & np.isfinite(seen).all(axis=1)
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(usable))[:MOST_MATCHES]
    if len(chosen) < LEAST_MATCHES:
        raise ValueError(
            f"view {camera.name} shares only {len(chosen)} keypoints with the others: it cannot "
            "be placed; leave it out or give its extrinsics"
        )
    xy = camera.normalised(seen[chosen, :2])
    cv2.setRNGSeed(seed)
    found, rotation, translation, _ = cv2.solvePnPRansac(
        points[chosen],
        xy,
        np.eye(3),
        None,
        reprojectionError=PNP_PIXELS / camera.matrix[0, 0],
        iterationsCount=500,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    if not found:
        raise ValueError(f"view {camera.name} could not be placed among the others")
    return replace(camera, rotation=rotation.ravel(), translation=translation.ravel())


def _doubts(keypoints: np.ndarray, pair: _Pair) -> list[str]:
    doubts = []
    if pair.angle < GOOD_ANGLES[0]:
        doubts.append(
            f"the best pair of views sees the person under only {pair.angle:.0f} degrees of "
            "parallax: the cameras are unreliable"
        )
    walked, extent = _walked_and_extent(keypoints)
    if walked < 0.3 * extent:
        doubts.append(
            "the person hardly moves through the room, so the estimated cameras may be off by "
            "10 to 25 cm; let somebody walk through the whole volume"
        )
    return doubts


def _walked_and_extent(keypoints: np.ndarray) -> tuple[float, float]:
    """How far the person's middle moves at most in a view, and how tall it is, in pixels."""
    walked, extents = [0.0], [1.0]
    for view in keypoints:
        whole = view[np.isfinite(view[..., 0]).sum(axis=1) >= 3]
        if len(whole):
            middle = np.nanmedian(whole[..., :2], axis=1)
            low, high = np.percentile(middle, (5, 95), axis=0)
            walked.append(float((high - low).max()))
            extents.append(
                float(np.median(np.nanmax(whole[..., 1], 1) - np.nanmin(whole[..., 1], 1)))
            )
    return max(walked), float(np.median(extents))
