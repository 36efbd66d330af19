"""Detections of people as rays, and how far they lie from people in 3D.

Lengths in pictures are normalised (x / z), and distances are told in sizes of the person, so that
they mean the same near a camera and far from it, in every unit and at every resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..camera import Camera
from ..points.rays import rays_of
from ..skeletons import Skeleton

# A detection of fewer keypoints says too little of who it is; two must share so many.
MIN_JOINTS, MIN_SHARED = 5, 4
# A few keypoints near each other say little about size; 40 pixels is a small person.
MIN_SIZE_PIXELS = 40.0
MIN_DEPTH = 1e-6
# In sizes of the person: what a detection with left and right exchanged counts more.
SWAP_PENALTY = 0.02


@dataclass(frozen=True)
class Viewpoints:
    """Where V cameras stand and look.

    Attributes:
        extrinsics: (V, 3, 4), world to camera.
        focal: (V, 2) pixels.
    """

    extrinsics: np.ndarray
    focal: np.ndarray

    @cached_property
    def least_sizes(self) -> np.ndarray:
        """(V,): the normalised size below which nobody counts."""
        return MIN_SIZE_PIXELS / self.focal.mean(axis=1)

    @cached_property
    def essentials(self) -> np.ndarray:
        """(V, V, 3, 3): x_b^T E[a, b] x_a = 0."""
        rotations, translations = self.extrinsics[:, :, :3], self.extrinsics[:, :, 3]
        relative = np.einsum("bij,akj->abik", rotations, rotations)
        t = translations[None] - np.einsum("abij,aj->abi", relative, translations)
        zeros = np.zeros(t.shape[:2])
        cross = np.stack(
            [zeros, -t[..., 2], t[..., 1], t[..., 2], zeros, -t[..., 0], -t[..., 1], t[..., 0],
             zeros], axis=-1,
        )  # fmt: skip
        return cross.reshape(*t.shape[:2], 3, 3) @ relative

    def project(self, points: np.ndarray) -> np.ndarray:
        """(V, T, J, 2): people (T, J, 3) as the cameras see them; NaN behind one."""
        local = np.einsum("vab,tjb->vtja", self.extrinsics[:, :, :3], points)
        local += self.extrinsics[:, None, None, :, 3]
        with np.errstate(invalid="ignore"):
            depth = np.where(local[..., 2:] > MIN_DEPTH, local[..., 2:], np.nan)
        return local[..., :2] / depth

    def sizes(self, projected: np.ndarray) -> np.ndarray:
        """(V, T): how large people (V, T, J, 2) appear, at least 40 pixels."""
        extent = np.fmax.reduce(projected, axis=2) - np.fmin.reduce(projected, axis=2)
        return np.fmax(np.fmax.reduce(extent, axis=-1), self.least_sizes[:, None])


@dataclass(frozen=True)
class FrameSightings:
    """The M detections of one frame, of all views.

    Attributes:
        views: (M,) int.
        slots: (M,) int, which detection of its view each is.
        xy: (M, J, 2) normalised, NaN where missing.
        weights: (M, J), the confidence; 0 where missing.
        sizes: (M,) normalised extents.
    """

    views: np.ndarray
    slots: np.ndarray
    xy: np.ndarray
    weights: np.ndarray
    sizes: np.ndarray

    @cached_property
    def completeness(self) -> np.ndarray:
        """(M,): the share of the keypoints that each detection has."""
        return (self.weights > 0).mean(axis=1)

    def distances(self, projected: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """(M, T): median distances from people, in their sizes; infinite where little is shared.

        Args:
            projected: (V, T, J, 2), of :meth:`Viewpoints.project`.
            sizes: (V, T).
        """
        return _distances(self.xy, projected[self.views]) / sizes[self.views]

    def distances_of_either_side(
        self, projected: np.ndarray, sizes: np.ndarray, mirrored: np.ndarray
    ) -> np.ndarray:
        """The same, where left and right may be confused: then they are a little more.

        Args:
            mirrored: (J,) int, the keypoint on the other side of each.
        """
        people = projected[self.views]
        swapped = _distances(self.xy[:, mirrored], people)
        direct = _distances(self.xy, people)
        return np.minimum(direct / sizes[self.views], swapped / sizes[self.views] + SWAP_PENALTY)


def _distances(xy: np.ndarray, people: np.ndarray) -> np.ndarray:
    """(M, T): median distances of detections (M, J, 2) from people (M, T, J, 2)."""
    offsets = xy[:, None] - people
    lengths = np.sqrt(np.einsum("mtji,mtji->mtj", offsets, offsets))
    return known_median(lengths, min(MIN_SHARED, xy.shape[1]))


@dataclass(frozen=True)
class Sightings:
    """The detections of all frames.

    Attributes:
        mirrored: (J,) int, the keypoint on the other side of each.
    """

    viewpoints: Viewpoints
    frames: list[FrameSightings]
    mirrored: np.ndarray


def sightings_of(cameras: Sequence[Camera], keypoints: np.ndarray, skeleton: Skeleton) -> Sightings:
    """Undistort (V, F, P, J, 3) pixels and confidence; detections of few keypoints are left out."""
    views, frames, people, joints = keypoints.shape[:4]
    rays = rays_of(cameras, keypoints)
    weights = rays.weights.reshape(views, frames, people, joints)
    usable = (weights > 0).sum(axis=-1) >= min(MIN_JOINTS, joints)
    frame, view, slot = np.nonzero(usable.transpose(1, 0, 2))
    xy = rays.xy.reshape(views, frames, people, joints, 2)[view, frame, slot]
    weights = weights[view, frame, slot]
    xy = np.where(weights[..., None] > 0, xy, np.nan)
    viewpoints = Viewpoints(rays.extrinsics, rays.focal)
    extents = np.fmax.reduce(xy, axis=1) - np.fmin.reduce(xy, axis=1)
    sizes = np.maximum(extents.max(axis=-1, initial=0), viewpoints.least_sizes[view])
    bounds = np.searchsorted(frame, np.arange(frames + 1))
    parts = [slice(*pair) for pair in pairwise(bounds)]
    return Sightings(
        viewpoints,
        [FrameSightings(view[p], slot[p], xy[p], weights[p], sizes[p]) for p in parts],
        np.array(skeleton.mirrored),
    )


def known_median(values: np.ndarray, least: int) -> np.ndarray:
    """Medians over the last axis of what is finite; infinite where fewer than ``least`` are."""
    count = np.isfinite(values).sum(axis=-1)
    # NaN is sorted to the end.
    ordered = np.sort(values, axis=-1)
    low, high = (np.maximum(count - 1, 0) // 2)[..., None], np.minimum(count // 2, count)[..., None]
    high = np.minimum(high, values.shape[-1] - 1)
    middle = np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)
    return np.where(count >= max(least, 1), middle[..., 0] / 2, np.inf)
