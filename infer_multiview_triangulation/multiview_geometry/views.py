"""Observations as the solvers want them: undistorted rays, with weights of zero where missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .camera import Camera

LEAST_CONFIDENCE = 1e-6


@dataclass(frozen=True)
class Rays:
    """N points as V calibrated views see them.

    Attributes:
        extrinsics: (V, 3, 4), world to camera.
        focal: (V, 2), fx and fy: residuals of normalised coordinates times these are pixels.
        xy: (V, N, 2), normalised and undistorted; 0 where missing.
        weight: (V, N), the confidence; 0 where missing.
    """

    extrinsics: np.ndarray
    focal: np.ndarray
    xy: np.ndarray
    weight: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """(V, N) bool."""
        return self.weight > 0

    def part(self, chosen: slice | np.ndarray) -> Rays:
        """The same views of some of the points."""
        return Rays(self.extrinsics, self.focal, self.xy[:, chosen], self.weight[:, chosen])

    def weighted(self, weight: np.ndarray) -> Rays:
        """The same observations with other weights."""
        return Rays(self.extrinsics, self.focal, self.xy, weight)

    def residuals(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels between (N, 3) points and the observations, (V, N, 2), and depths (V, N)."""
        local = points @ self.extrinsics[:, :, :3].transpose(0, 2, 1)
        local += self.extrinsics[:, None, :, 3]
        depth = local[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            off = local[..., :2] / depth[..., None] - self.xy
        return off * self.focal[:, None], depth


def rays_of(cameras: Sequence[Camera], keypoints: np.ndarray) -> Rays:
    """Undistort (V, ..., 3) pixels with confidence; NaN, inf or confidence 0 is missing."""
    flat = keypoints.reshape(len(cameras), -1, 3)
    usable = np.isfinite(flat).all(-1) & (np.nan_to_num(flat[..., 2]) > LEAST_CONFIDENCE)
    xy = np.stack(
        [
            camera.normalised(np.where(ok[:, None], view[:, :2], np.nan))
            for camera, view, ok in zip(cameras, flat, usable, strict=True)
        ]
    )
    usable &= np.isfinite(xy).all(-1)
    return Rays(
        np.stack([camera.extrinsics for camera in cameras]),
        np.stack([np.diag(camera.matrix)[:2] for camera in cameras]),
        np.where(usable[..., None], xy, 0.0),
        np.where(usable, flat[..., 2], 0.0),
    )
