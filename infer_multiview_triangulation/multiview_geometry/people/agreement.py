"""People placed in 3D from the views that agree on them."""

from __future__ import annotations

import numpy as np

from ..points.rays import Rays
from ..points.triangulation import weighted_dlt
from .sightings import MIN_SHARED, FrameSightings, Viewpoints, known_median

DEPTH_ROUNDS = 1


def place_people(
    viewpoints: Viewpoints, frame: FrameSightings, members: np.ndarray, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Triangulate T people; drop, one at a time, views without which the others agree better.

    Args:
        members: (T, V) int, which of the frame's detections each view has of each; -1 for none.
        limit: How far a detection may lie from the person, in sizes of the person.

    Returns:
        The people (T, J, 3), NaN where unknown, and the members that agree; those of a person whose
        last two views disagree are all -1.
    """
    members = members.copy()
    points, errors = _triangulate(viewpoints, frame, members)
    while True:
        many = (members >= 0).sum(axis=1)
        wrong = np.flatnonzero((many >= 2) & (errors.max(axis=1, initial=0) > limit))
        if not len(wrong):
            break
        for person in wrong:
            if many[person] == 2:
                members[person] = -1
            else:
                view = _view_to_drop(viewpoints, frame, members[person])
                members[person, view] = -1
        points[wrong], errors[wrong] = _triangulate(viewpoints, frame, members[wrong])
    points[(members >= 0).sum(axis=1) < 2] = np.nan
    return points, members


def placement_errors(
    viewpoints: Viewpoints, frame: FrameSightings, members: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """(T, V): median distances of each person's detections, in sizes; 0 where there is none."""
    people, views = np.nonzero(members >= 0)
    projected = viewpoints.project(points)
    sizes = viewpoints.sizes(projected)
    offsets = frame.xy[members[people, views]] - projected[views, people]
    lengths = np.sqrt(np.einsum("nji,nji->nj", offsets, offsets))
    errors = np.zeros(members.shape)
    least = min(MIN_SHARED, lengths.shape[1])
    errors[people, views] = known_median(lengths, least) / sizes[views, people]
    return errors


def _triangulate(
    viewpoints: Viewpoints, frame: FrameSightings, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """People (T, J, 3) and the errors (T, V) of their members."""
    count, views, joints = *members.shape, frame.xy.shape[1]
    people, seen_by = np.nonzero(members >= 0)
    chosen = members[people, seen_by]
    xy, weights = np.zeros((views, count, joints, 2)), np.zeros((views, count, joints))
    xy[seen_by, people] = np.nan_to_num(frame.xy[chosen])
    weights[seen_by, people] = frame.weights[chosen]
    rays = Rays(
        viewpoints.extrinsics,
        viewpoints.focal,
        xy.reshape(views, -1, 2),
        weights.reshape(views, -1),
    )
    points = weighted_dlt(rays, DEPTH_ROUNDS).reshape(count, joints, 3)
    return points, placement_errors(viewpoints, frame, members, points)


def _view_to_drop(viewpoints: Viewpoints, frame: FrameSightings, members: np.ndarray) -> int:
    """The view of ``members`` (V,) without which the others agree best."""
    views = np.flatnonzero(members >= 0)
    without = np.repeat(members[None], len(views), axis=0)
    without[np.arange(len(views)), views] = -1
    errors = _triangulate(viewpoints, frame, without)[1].max(axis=1)
    return int(views[np.argmin(errors)])
