"""Everybody in views whose cameras are known: followed in 3D, their parts joined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...infer_multiview_triangulation_kit.stopping import ShouldStop, never
from ..camera import Camera
from ..sequence.trajectories import bone_pairs
from ..skeletons import Skeleton
from .doubles import without_doubles
from .following import follow_people
from .parts import join_parts
from .sightings import sightings_of
from .track3d import Track3D


def find_everybody(
    cameras: Sequence[Camera],
    keypoints: np.ndarray,
    skeleton: Skeleton,
    *,
    warnings: list[str],
    should_stop: ShouldStop = never,
) -> list[np.ndarray]:
    """Whose detections are whose.

    Args:
        keypoints: (V, F, P, J, 3) pixels and confidence, NaN where missing.
        skeleton: What the J keypoints are.
        warnings: Gets what could not be told.

    Returns:
        (V, F, J, 3) for each person whom two views see, best seen first.

    Raises:
        Stopped: ``should_stop`` returned True.
    """
    tracks = follow_people(sightings_of(cameras, keypoints, skeleton), should_stop)
    people, doubts = join_parts(without_doubles(tracks), bone_pairs(skeleton))
    warnings += doubts
    found = [_keypoints_of(parts, keypoints) for parts in people]
    return sorted(found, key=lambda person: -float(np.nansum(person[..., 2])))


def _keypoints_of(tracks: list[Track3D], keypoints: np.ndarray) -> np.ndarray:
    views, frames, _, joints, _ = keypoints.shape
    person = np.full((views, frames, joints, 3), np.nan)
    for track in tracks:
        for frame, seen in track.seen.items():
            for view, slot in seen.items():
                person[view, frame] = keypoints[view, frame, slot]
    return person
