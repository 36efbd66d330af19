"""Who is the main person of each view, where no cameras tell who is who."""

from __future__ import annotations

import numpy as np

from .tracks import Track, track_people


def main_person(keypoints: np.ndarray) -> np.ndarray:
    """(V, F, J, 3): of (V, F, P, J, 3), in each view whom most confidence speaks for."""
    if keypoints.shape[2] == 1:
        return keypoints[:, :, 0]
    tracks = [t for view, people in enumerate(keypoints) for t in track_people(people, view)]
    return _person_of(tracks, keypoints.shape)


def _person_of(tracks: list[Track], shape: tuple[int, ...]) -> np.ndarray:
    """(V, F, J, 3): one person, each frame of a view from the best supported track that has it."""
    views, frames, _, joints, _ = shape
    person = np.full((views, frames, joints, 3), np.nan)
    for track in sorted(tracks, key=lambda track: -track.support):
        empty = ~np.isfinite(person[track.view, ..., 0]).any(axis=1)
        person[track.view, empty] = track.keypoints[empty]
    return person
