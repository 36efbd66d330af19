"""Tracks of one person at once: somebody whom a detector finds twice, or in pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .track3d import Track3D

# Of a person's extent: no two people are that near each other, in most of the frames of one.
SAME_PLACE = 0.15
MOST_FRAMES = 0.5


def without_doubles(tracks: Sequence[Track3D]) -> list[Track3D]:
    """The tracks, of which those that go where a longer one goes have become a part of it."""
    kept: list[Track3D] = []
    for track in sorted(tracks, key=lambda track: -len(track.placed)):
        original = next((other for other in kept if _is_double(track, other)), None)
        if original is None:
            kept.append(track)
            continue
        for frame, seen in track.seen.items():
            own = original.seen.setdefault(frame, {})
            original.seen[frame] = {**seen, **own}
    return kept


def _is_double(track: Track3D, longer: Track3D) -> bool:
    shared = [frame for frame in track.placed if frame in longer.placed]
    if len(shared) < MOST_FRAMES * len(track.placed):
        return False
    offsets = np.stack([track.placed[frame] - longer.placed[frame] for frame in shared])
    distances = np.linalg.norm(offsets, axis=-1)
    known = distances[np.isfinite(distances)]
    return len(known) > 0 and float(np.median(known)) < SAME_PLACE * longer.extent
