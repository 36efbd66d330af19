"""The people of several views in one array, as a triangulation takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .videos import grid_frames
from .view_people import ViewPeople

NOBODY = -1


def columns_of(spans: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """Give each identity a column for as long as it is seen; a free one is used again.

    Args:
        spans: By identity, the first and the last frame in which it is.

    Example:
        >>> columns_of({0: (0, 9), 1: (2, 4), 2: (5, 9)})
        {0: 0, 1: 1, 2: 1}
    """
    columns: dict[int, int] = {}
    last: list[int] = []
    for identity, (start, end) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        column = next((c for c, busy in enumerate(last) if busy < start), len(last))
        last[column : column + 1] = [end]
        columns[identity] = column
    return columns


def known_keypoints(keypoints: np.ndarray) -> np.ndarray:
    """Keypoints (..., 3) with NaN where the score is 0."""
    return np.where(keypoints[..., 2:] > 0, keypoints, np.float32(np.nan))


def spans_of(view: ViewPeople) -> dict[int, tuple[int, int]]:
    """By identity, the first and the last frame of the view in which it is."""
    spans: dict[int, tuple[int, int]] = {}
    for index, frame in enumerate(view.frames):
        for identity in map(int, frame.identities):
            spans[identity] = (spans.get(identity, (index, index))[0], index)
    return spans


def arrays_of(views: Sequence[ViewPeople], rate: Fraction) -> dict[str, Any]:
    """Everything about V views over F frames, P people and J joints, for one .npz file.

    Frames are those of the common time: one that a view has not is empty there, and where two of
    a view fall on one the first is taken.

    Returns:
        keypoints2d float32 (V, F, P, J, 3): x, y in pixels and score, NaN where unknown; scores
        float32 (V, F, P) and boxes (V, F, P, 4), NaN likewise; identities int64 (V, F, P), -1
        for nobody; timestamps (F,); sizes (V, 2) as width and height; views (V,); fps; skeleton.
    """
    columns = [columns_of(spans_of(view)) for view in views]
    places = [grid_frames(view.times, rate) for view in views]
    length = max((int(place[-1]) + 1 for place in places if len(place)), default=1)
    people = max((max(c.values()) + 1 for c in columns if c), default=1)
    shape = (len(views), length, people)
    joints = views[0].frames[0].keypoints.shape[1]
    keypoints = np.full((*shape, joints, 3), np.nan, np.float32)
    scores = np.full(shape, np.nan, np.float32)
    boxes = np.full((*shape, 4), np.nan, np.float32)
    identities = np.full(shape, NOBODY, np.int64)
    for v, view in enumerate(views):
        frames, first = np.unique(places[v], return_index=True)
        for f, index in zip(frames, first, strict=True):
            frame = view.frames[index]
            p = [columns[v][int(identity)] for identity in frame.identities]
            keypoints[v, f, p] = known_keypoints(frame.keypoints)
            scores[v, f, p], boxes[v, f, p] = frame.scores, frame.boxes
            identities[v, f, p] = frame.identities
    return {
        "keypoints2d": keypoints,
        "scores": scores,
        "boxes": boxes,
        "identities": identities,
        "timestamps": np.arange(length),
        "sizes": np.array([view.size for view in views]),
        "views": [view.name for view in views],
        "fps": float(rate),
        "skeleton": views[0].skeleton,
    }


def summary_of(view: ViewPeople) -> list[dict[str, int]]:
    """For each identity its number, its first and last frame, and in how many it is."""
    counts: dict[int, int] = {}
    for frame in view.frames:
        for identity in map(int, frame.identities):
            counts[identity] = counts.get(identity, 0) + 1
    return [
        {"id": identity, "first": first, "last": last, "frames": counts[identity]}
        for identity, (first, last) in sorted(spans_of(view).items())
    ]
