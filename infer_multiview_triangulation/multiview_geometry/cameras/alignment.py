"""Similarities between worlds (Umeyama, 1991), and cameras moved by them onto others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..camera import Camera


@dataclass(frozen=True)
class Similarity:
    """x' = scale * rotation @ x + translation."""

    rotation: np.ndarray
    translation: np.ndarray
    scale: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Move points (..., 3)."""
        return self.scale * points @ self.rotation.T + self.translation

    def camera(self, camera: Camera) -> Camera:
        """The camera that sees the moved world as ``camera`` saw the old one."""
        return camera.transformed(self.rotation, self.translation, self.scale)

    def after(self, first: Similarity) -> Similarity:
        """``first``, then this."""
        return Similarity(
            self.rotation @ first.rotation, self(first.translation), self.scale * first.scale
        )


IDENTITY = Similarity(np.eye(3), np.zeros(3), 1.0)


def fit_similarity(source: np.ndarray, target: np.ndarray, with_scale: bool = True) -> Similarity:
    """The least-squares similarity from (N, 3) to (N, 3)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    u, values, v = np.linalg.svd(b.T @ a)
    signs = np.array([1, 1, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    rotation = (u * signs) @ v
    spread = (a * a).sum()
    scale = float((values * signs).sum() / spread) if with_scale and spread > 0 else 1.0
    return Similarity(rotation, target_mean - scale * rotation @ source_mean, scale)


def align_cameras(cameras: Sequence[Camera], targets: Sequence[Camera]) -> list[Camera]:
    """Move ``cameras`` as a whole onto ``targets``: centres and axes count alike."""
    world = fit_similarity(_centres_and_axes(cameras), _centres_and_axes(targets))
    return [world.camera(camera) for camera in cameras]


def _centres_and_axes(cameras: Sequence[Camera]) -> np.ndarray:
    """(4 V, 3): each camera's centre, and the ends of its axes, as long as centres are apart."""
    centres = np.stack([camera.centre for camera in cameras])
    length = float(np.linalg.norm(centres - centres.mean(axis=0), axis=1).mean()) or 1.0
    rows = [
        np.vstack([camera.centre, camera.centre + length * camera.rotation_matrix])
        for camera in cameras
    ]
    return np.concatenate(rows)
