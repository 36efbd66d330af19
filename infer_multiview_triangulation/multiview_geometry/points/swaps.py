"""Repair of left and right exchanged in a view: the body, its arms or its legs alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..skeletons import Skeleton
from .rays import Rays

ARMS = ("shoulder", "elbow", "wrist")
LEGS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
MAX_COST_RATIO = 0.5
MIN_JOINTS = 3


def repair_swaps(
    rays: Rays, points: np.ndarray, skeleton: Skeleton, *, scale: float
) -> tuple[Rays, np.ndarray]:
    """Exchange left and right where ``points`` (F * J, 3) say that a detector confused them.

    A frame of a view is changed where the truncated residuals of at least three keypoints fall
    below half of what they were.

    Args:
        scale: Pixels beyond which an observation is an outlier.

    Returns:
        The repaired rays, and which frames were changed in which view, (V, F) bool.
    """
    joints = len(skeleton.joints)
    changed = np.zeros((len(rays.xy), len(points) // joints), bool)
    for group in _groups(skeleton):
        mirror = np.arange(joints)
        mirror[group] = np.array(skeleton.mirrored)[group]
        swapped = rays.of_points(np.arange(len(points)).reshape(-1, joints)[:, mirror].ravel())
        cost, count = _costs(rays, points, group, joints=joints, scale=scale)
        swapped_cost, _ = _costs(swapped, points, group, joints=joints, scale=scale)
        wrong = (swapped_cost < MAX_COST_RATIO * cost) & (count >= MIN_JOINTS)
        wrong &= cost - swapped_cost > scale**2 * MIN_JOINTS / 2
        where = np.repeat(wrong, joints, axis=1)
        rays = replace(
            rays,
            xy=np.where(where[..., None], swapped.xy, rays.xy),
            weights=np.where(where, swapped.weights, rays.weights),
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
    rays: Rays, points: np.ndarray, group: np.ndarray, *, joints: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """(V, F): truncated squared pixels of the group's joints, and how many there are."""
    residuals, depth = rays.residuals(points)
    squared = np.einsum("vni,vni->vn", residuals, residuals)
    usable = rays.observed & (depth > 0) & np.isfinite(squared)
    costs = np.where(usable, np.minimum(np.nan_to_num(squared, nan=0), (2 * scale) ** 2), 0)
    costs, usable = (x.reshape(len(x), -1, joints)[:, :, group] for x in (costs, usable))
    return costs.sum(axis=2), usable.sum(axis=2)
