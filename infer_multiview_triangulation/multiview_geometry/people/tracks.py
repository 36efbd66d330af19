"""People followed from frame to frame in one view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

# Of a person's size: how far a track's next keypoints may lie on average.
MAX_DISTANCE = 0.6
MAX_ABSENCE = 15
MIN_FRAMES = 5
# A box of one or two keypoints says little about size; 40 pixels is a small person.
MIN_SIZE = 40.0
UNRELATED = 1e6


@dataclass
class Track:
    """One person in one view.

    Attributes:
        view: Its index.
        keypoints: (F, J, 3), NaN where the person was not found.
    """

    view: int
    keypoints: np.ndarray

    @property
    def support(self) -> float:
        """The sum of all confidences."""
        return float(np.nansum(self.keypoints[..., 2]))

    @property
    def present(self) -> np.ndarray:
        """(F,) bool."""
        return np.any(np.isfinite(self.keypoints[..., 0]), axis=1)


def track_people(keypoints: np.ndarray, view: int) -> list[Track]:
    """Link the detections (F, P, J, 3) of one view from frame to frame.

    A detection continues the track whose last keypoints lie nearest, if the mean distance is
    less than 0.6 of the person's size; a track waits 15 frames.
    """
    tracks: list[Track] = []
    last_frames: list[int] = []
    for frame, people in enumerate(keypoints):
        detections = [person for person in people if np.isfinite(person[:, 0]).any()]
        alive = [t for t, last in enumerate(last_frames) if frame - last <= MAX_ABSENCE]
        last_seen = [tracks[t].keypoints[last_frames[t]] for t in alive]
        links = {person: alive[t] for person, t in _link(detections, last_seen)}
        for index, person in enumerate(detections):
            if index not in links:
                links[index] = len(tracks)
                tracks.append(Track(view, np.full((len(keypoints), *person.shape), np.nan)))
                last_frames.append(frame)
            tracks[links[index]].keypoints[frame] = person
            last_frames[links[index]] = frame
    shortest = min(MIN_FRAMES, len(keypoints))
    return [track for track in tracks if track.present.sum() >= shortest]


def _link(detections: list[np.ndarray], last_seen: list[np.ndarray]) -> list[tuple[int, int]]:
    """Which detection (J, 3) goes on from which: pairs of indices, each at most once."""
    if not detections or not last_seen:
        return []
    costs = np.array([[_distance(person, last) for last in last_seen] for person in detections])
    rows, columns = linear_sum_assignment(np.minimum(costs, UNRELATED))
    return [(p, t) for p, t in zip(rows, columns, strict=True) if costs[p, t] < MAX_DISTANCE]


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean keypoint distance in sizes of the person; large where they share no keypoint."""
    both = np.isfinite(a[:, 0]) & np.isfinite(b[:, 0])
    if not both.any():
        return UNRELATED
    size = max(MIN_SIZE, float(np.nanmax(np.ptp(b[np.isfinite(b[:, 0]), :2], axis=0))))
    return float(np.linalg.norm(a[both, :2] - b[both, :2], axis=1).mean() / size)
