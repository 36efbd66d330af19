"""Observations as the solvers want them: undistorted rays, with weights of zero where missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..camera import Camera

MIN_CONFIDENCE = 1e-6
OBSERVATIONS_AT_ONCE = 16384


@dataclass(frozen=True)
class Rays:
    """N points as V calibrated views see them.

    Attributes:
        extrinsics: (V, 3, 4), world to camera.
        focal: (V, 2), fx and fy: residuals of normalised coordinates times these are pixels.
        xy: (V, N, 2), normalised and undistorted; 0 where missing.
        weights: (V, N), the confidence; 0 where missing.
    """

    extrinsics: np.ndarray
    focal: np.ndarray
    xy: np.ndarray
    weights: np.ndarray

    @property
    def observed(self) -> np.ndarray:
        """(V, N) bool."""
        return self.weights > 0

    @property
    def rotations(self) -> np.ndarray:
        """(V, 3, 3), world to camera."""
        return self.extrinsics[:, :, :3]

    @property
    def centres(self) -> np.ndarray:
        """(V, 3): where the cameras stand in the world."""
        return -np.einsum("vba,vb->va", self.rotations, self.extrinsics[:, :, 3])

    def of_points(self, points: slice | np.ndarray) -> Rays:
        """The same views of some of the points."""
        return replace(self, xy=self.xy[:, points], weights=self.weights[:, points])

    def parts(self) -> list[slice]:
        """All points in their order, so many at once as a core's cache holds."""
        points = self.xy.shape[1]
        count = max(1, OBSERVATIONS_AT_ONCE // len(self.xy))
        return [slice(first, min(first + count, points)) for first in range(0, points, count)]

    def weighted(self, weights: np.ndarray) -> Rays:
        """The same observations with other weights."""
        return replace(self, weights=weights)

    def local(self, points: np.ndarray) -> np.ndarray:
        """(V, N, 3): points (N, 3) in the frame of each camera."""
        local = points @ self.rotations.transpose(0, 2, 1)
        local += self.extrinsics[:, None, :, 3]
        return local

    def depths(self, points: np.ndarray) -> np.ndarray:
        """(V, N): how far before each camera points (N, 3) are."""
        return self.extrinsics[:, 2, :3] @ points.T + self.extrinsics[:, 2, 3:]

    def offsets(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The residuals of points (N, 3) in pixels as planes of x and y, and depths; (V, N) each.

        What :meth:`residuals` has, but one product of matrices makes it, and numpy goes over
        planes twice as fast as over pairs.
        """
        rows = self._projection
        planes = rows[:, :3] @ points.T
        planes += rows[:, 3:]
        x, y, depths = planes.reshape(3, len(self.xy), -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            for plane, observed in ((x, self._pixels[0]), (y, self._pixels[1])):
                plane /= depths
                plane -= observed
        return x, y, depths

    @cached_property
    def _projection(self) -> np.ndarray:
        """(3 V, 4): the cameras' rows of x in pixels, those of y, and those of the depth."""
        factors = np.column_stack([self.focal, np.ones(len(self.focal))])
        return (self.extrinsics * factors[..., None]).swapaxes(0, 1).reshape(-1, 4)

    @cached_property
    def _pixels(self) -> np.ndarray:
        """(2, V, N): the observations in pixels from the cameras' axes."""
        return np.ascontiguousarray((self.xy * self.focal[:, None]).transpose(2, 0, 1))

    def residuals(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels between (N, 3) points and the observations, (V, N, 2), and depths (V, N)."""
        local = self.local(points)
        depth = local[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            residuals = local[..., :2] / depth[..., None] - self.xy
        return residuals * self.focal[:, None], depth


def rays_of(cameras: Sequence[Camera], keypoints: np.ndarray) -> Rays:
    """Undistort (V, ..., 3) pixels with confidence; NaN, inf or confidence 0 is missing."""
    flat = keypoints.reshape(len(cameras), -1, 3)
    usable = np.isfinite(flat).all(-1) & (np.nan_to_num(flat[..., 2]) > MIN_CONFIDENCE)
    xy = np.stack(
        [
            camera.normalised(np.where(known[:, None], view[:, :2], np.nan))
            for camera, view, known in zip(cameras, flat, usable, strict=True)
        ]
    )
    usable &= np.isfinite(xy).all(-1)
    return Rays(
        np.stack([camera.extrinsics for camera in cameras]),
        np.stack([np.diag(camera.matrix)[:2] for camera in cameras]),
        np.where(usable[..., None], xy, 0.0),
        np.where(usable, flat[..., 2], 0.0),
    )


def joined_rays(parts: Sequence[Rays]) -> Rays:
    """The points of all ``parts``, which are of the same views, in their order."""
    return replace(
        parts[0],
        xy=np.concatenate([part.xy for part in parts], axis=1),
        weights=np.concatenate([part.weights for part in parts], axis=1),
    )
