"""Repair of left and right exchanged in a view: the body, its arms or its legs alone."""

from __future__ import annotations

import numpy as np

from .skeletons import Skeleton
from .views import Rays

ARMS = ("shoulder", "elbow", "wrist")
LEGS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
BETTER_SHARE = 0.5
LEAST_JOINTS = 3


def repaired(
    rays: Rays, points: np.ndarray, skeleton: Skeleton, frames: int, scale: float
) -> tuple[Rays, np.ndarray]:
    """Exchange left and right where ``points`` (F * J, 3) say that a detector confused them.

    A frame of a view is changed where the truncated residuals of at least three keypoints fall
    below half of what they were.

    Returns:
        The repaired rays, and which frames were changed in which view, (V, F) bool.
    """
    joints = len(skeleton.joints)
    changed = np.zeros((len(rays.xy), frames), bool)
    for group in _groups(skeleton):
        mirror = np.arange(joints)
        mirror[group] = np.array(skeleton.mirrored)[group]
        xy = rays.xy.reshape(-1, frames, joints, 2)
        weight = rays.weight.reshape(-1, frames, joints)
        swapped = Rays(
            rays.extrinsics,
            rays.focal,
            xy[:, :, mirror].reshape(rays.xy.shape),
            weight[:, :, mirror].reshape(rays.weight.shape),
        )
        as_is, count = _costs(rays, points, group, frames, joints, scale)
        exchanged, _ = _costs(swapped, points, group, frames, joints, scale)
        wrong = (exchanged < BETTER_SHARE * as_is) & (count >= LEAST_JOINTS)
        wrong &= as_is - exchanged > scale**2 * LEAST_JOINTS / 2
        where = np.repeat(wrong[:, :, None], joints, axis=2).reshape(rays.weight.shape)
        rays = Rays(
            rays.extrinsics,
            rays.focal,
            np.where(where[..., None], swapped.xy, rays.xy),
            np.where(where, swapped.weight, rays.weight),
        )
        changed |= wrong
    return rays, changed


def _groups(skeleton: Skeleton) -> list[np.ndarray]:
    """Joints of the whole body, of the arms, of the legs; those that have another side."""
    sided = [i for i, other in enumerate(skeleton.mirrored) if other != i]
    arms = [i for i in sided if skeleton.joints[i].endswith(ARMS)]
    legs = [i for i in sided if skeleton.joints[i].endswith(LEGS)]
    return [np.array(group) for group in (sided, arms, legs) if group]


def _costs(
    rays: Rays, points: np.ndarray, group: np.ndarray, frames: int, joints: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """(V, F): truncated squared pixels of the group's joints, and how many there are."""
    off, depth = rays.residuals(points)
    squared = np.einsum("vni,vni->vn", off, off)
    usable = rays.seen & (depth > 0) & np.isfinite(squared)
    cost = np.where(usable, np.minimum(np.nan_to_num(squared, nan=0), (2 * scale) ** 2), 0)
    cost, usable = (x.reshape(-1, frames, joints)[:, :, group] for x in (cost, usable))
    return cost.sum(axis=2), usable.sum(axis=2)
