"""Epipolar distances of several people in two views, where nobody knows who is who."""

from __future__ import annotations

import numpy as np

from ..camera import Camera
from ..cameras.epipolar import EpipolarLines

# What is looked at of a clip, so that many people cost little.
MAX_FRAMES, MAX_JOINTS = 300, 9
# Beyond so many pixels a keypoint speaks no more against somebody.
TOO_FAR = 60.0


class NearestPeople:
    """Of each person in one view the distances of whoever is nearest in the other."""

    def __init__(self, a: Camera, b: Camera, xy_a: np.ndarray, xy_b: np.ndarray) -> None:
        """Take homogeneous coordinates (F, P, J, 3) of both views."""
        self._lines = EpipolarLines(a, b, xy_a[:, :, None], xy_b[:, None])

    def distances(self, frames_a: slice, frames_b: slice) -> np.ndarray:
        """(F, P, J) pixels between frames of the one and of the other, NaN where unknown."""
        pixels = self._lines.distances(frames_a, frames_b)
        known = np.isfinite(pixels)
        costs = np.where(known, np.minimum(pixels, TOO_FAR), 0).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = np.where(known.any(axis=-1), costs / known.sum(axis=-1), np.inf)
        nearest = np.argmin(means, axis=2)
        return np.take_along_axis(pixels, nearest[:, :, None, None], axis=2)[:, :, 0]


def packed_stretch(people: np.ndarray) -> np.ndarray:
    """The stretch of (V, F, P, J, 3) in which most is seen, with as few columns as hold it.

    Of the joints those that are seen most.
    """
    seen = np.isfinite(people[..., 0])
    frames = people.shape[1]
    if frames > MAX_FRAMES:
        activity = np.convolve(seen.sum(axis=(0, 2, 3)), np.ones(MAX_FRAMES), mode="valid")
        start = int(np.argmax(activity))
        people = people[:, start : start + MAX_FRAMES]
        seen = np.isfinite(people[..., 0])
    joints = np.sort(np.argsort(-seen.sum(axis=(0, 1, 2)))[:MAX_JOINTS])
    there = seen.any(axis=-1)
    order = np.argsort(~there, axis=2, kind="stable")[:, :, : max(int(there.sum(axis=2).max()), 1)]
    return np.take_along_axis(people[..., joints, :], order[..., None, None], axis=2)
