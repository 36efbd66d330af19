"""Stretches of a view in which somebody is followed without a doubt who it is."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .tracks import MIN_SIZE, Track, track_people

# In sizes of the person: who come nearer in a picture may be taken for each other.
TOO_NEAR = 0.5
# Frames around such a meeting that are not trusted, and how many a stretch must have.
AROUND, MIN_FRAMES = 3, 10
# Without a meeting a track may pause for so long.
LONGEST_PAUSE = 15


def find_tracklets(keypoints: np.ndarray) -> list[Track]:
    """Parts of the tracks of (V, F, P, J, 3) that are cut wherever two people meet in a picture."""
    tracklets = []
    for view, people in enumerate(keypoints):
        tracks = track_people(people, view)
        doubtful = np.zeros((len(tracks), len(people)), bool)
        for i, j in combinations(range(len(tracks)), 2):
            near = _near(tracks[i].keypoints, tracks[j].keypoints)
            doubtful[[i, j]] |= np.convolve(near, np.ones(2 * AROUND + 1), mode="same") > 0
        for track, doubts in zip(tracks, doubtful, strict=True):
            tracklets += _parts(track, doubts)
    return tracklets


def _near(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F,) bool: where two people (F, J, 3) of a view are near each other."""
    offsets = np.ma.masked_invalid(a[..., :2] - b[..., :2])
    distances = np.sqrt((offsets**2).sum(axis=-1)).mean(axis=-1)
    rows = np.ma.masked_invalid(b[..., :2])
    sizes = np.maximum(np.ma.max(rows.max(axis=1) - rows.min(axis=1), axis=-1), MIN_SIZE)
    return np.asarray((distances < TOO_NEAR * sizes).filled(False))


def _parts(track: Track, doubtful: np.ndarray) -> list[Track]:
    """The track between meetings; ``doubtful`` (F,) bool."""
    trusted = np.flatnonzero(track.present & ~doubtful)
    if not len(trusted):
        return []
    met = np.add.reduceat(doubtful, trusted)[:-1] > 0
    cuts = np.flatnonzero(met | (np.diff(trusted) > LONGEST_PAUSE)) + 1
    parts = []
    for frames in np.split(trusted, cuts):
        if len(frames) >= MIN_FRAMES:
            kept = np.full_like(track.keypoints, np.nan)
            kept[frames] = track.keypoints[frames]
            parts.append(Track(track.view, kept))
    return parts
