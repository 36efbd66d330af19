"""Cameras from nothing but several people: two views at first, then one at a time.

The first two are those whose matched stretches agree best. From then on people are told apart in 3D
by the cameras known so far, and each further view is placed by matching a stretch of it with one of
them: the match under which most of the view's detections are explained decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..camera import Camera
from ..people.everybody import find_everybody
from ..people.sightings import MIN_SHARED, MIN_SIZE_PIXELS, known_median
from ..people.tracklets import find_tracklets
from ..people.tracks import Track
from ..people.unposed import MatchedPair, match_pairs
from ..points.rays import rays_of
from ..points.robust import triangulate_robust
from ..skeletons import Skeleton
from .bundle import ROUNDS, bundle_adjust
from .unposed import (
    ADJUSTMENT_ROUNDS,
    MIN_MATCHES,
    ViewPair,
    doubts_of,
    match_views,
    resect,
)

# Pairs of views that are tried as the first ones.
FIRST_PAIRS = 3
# In sizes of the person: how near a detection must be to be explained.
EXPLAINED = 0.15
# Of a view's detections those that must be explained; that let several views be placed at once; and
# that end the search.
VIEW_SHARE, WELL_EXPLAINED, CERTAINLY_EXPLAINED = 0.3, 0.6, 0.8
# Of all keypoints those that must be somebody's in the end; that end the search for a better start.
LEAST_SHARE, ENOUGH_SHARE = 0.6, 0.95
MOST_STRETCHES = 8
SEED = 0
MAX_MATCHES = 1000


@dataclass(frozen=True)
class _Scene:
    """What is posed so far.

    Attributes:
        keypoints: (V, F, P, J, 3), of all views.
        cameras: By the index of their view.
    """

    keypoints: np.ndarray
    skeleton: Skeleton
    cameras: dict[int, Camera]

    def people(self) -> list[np.ndarray]:
        """(V', F, J, 3) each, in the views posed so far, in their order."""
        views = sorted(self.cameras)
        cameras = [self.cameras[view] for view in views]
        return find_everybody(cameras, self.keypoints[views], self.skeleton, warnings=[])

    def adjusted(self, people: Sequence[np.ndarray], rounds: int) -> _Scene:
        """With the cameras adjusted to ``people``."""
        views = sorted(self.cameras)
        cameras = [self.cameras[view] for view in views]
        together = np.concatenate(people, axis=2)
        moved = bundle_adjust(cameras, together, True, keep_gauge=False, rounds=rounds)
        return _Scene(self.keypoints, self.skeleton, dict(zip(views, moved, strict=True)))

    def points(self, people: Sequence[np.ndarray]) -> np.ndarray:
        """(N, F, J, 3), NaN where unknown."""
        cameras = [self.cameras[view] for view in sorted(self.cameras)]
        frames = self.keypoints.shape[1]
        return np.stack(
            [triangulate_robust(rays_of(cameras, person)).agreed(frames) for person in people]
        )


def pose_cameras_of_crowd(
    cameras: Sequence[Camera], keypoints: np.ndarray, skeleton: Skeleton
) -> tuple[list[Camera], list[str]] | None:
    """Estimate all extrinsics of ``cameras``, focal lengths and k1; their extrinsics are ignored.

    Args:
        keypoints: (V, F, P, J, 3), those that are confident enough.

    Returns:
        The cameras, and why they may be unreliable; None where who is who cannot be told.
    """
    tracklets = find_tracklets(keypoints)
    pairs = match_pairs(cameras, tracklets)
    starts = [start for pair in pairs if (start := _pose_pair(cameras, pair))]
    starts.sort(key=lambda start: -start.score)
    best, best_share, angle = None, 0.0, 0.0
    for start in starts[:FIRST_PAIRS]:
        grown = _grow(_Scene(keypoints, skeleton, start.cameras), cameras, tracklets)
        share = 0.0 if grown is None else _share(grown.people(), keypoints)
        if share > best_share:
            best, best_share, angle = grown, share, start.angle
        if share >= ENOUGH_SHARE:
            break
    if best is None:
        return None
    of_people = [doubts_of(person, angle) for person in best.people()]
    # One who moves is enough.
    doubts = [text for text in of_people[0] if all(text in d for d in of_people)]
    return [best.cameras[view] for view in range(len(cameras))], doubts


def adjust_to_crowd(
    cameras: Sequence[Camera], keypoints: np.ndarray, skeleton: Skeleton
) -> list[Camera]:
    """Cameras that were estimated from one of the people (V, F, P, J, 3), adjusted to all."""
    scene = _Scene(keypoints, skeleton, dict(enumerate(cameras)))
    people = scene.people()
    return list(scene.adjusted(people, ROUNDS).cameras.values()) if people else list(cameras)


def _pose_pair(cameras: Sequence[Camera], pair: MatchedPair) -> ViewPair | None:
    """The two cameras of a pair of views, under the views' own indices."""
    placed = match_views(
        [cameras[view] for view in pair.views], pair.keypoints.reshape(2, -1, 3), (0, 1)
    )
    if placed is None:
        return None
    return replace(
        placed, cameras={pair.views[side]: camera for side, camera in placed.cameras.items()}
    )


def _grow(scene: _Scene, cameras: Sequence[Camera], tracklets: Sequence[Track]) -> _Scene | None:
    """The scene with all views; None where one cannot be placed, or too little is explained."""
    while people := scene.people():
        is_whole = len(scene.cameras) == len(cameras)
        if is_whole and _share(people, scene.keypoints) < LEAST_SHARE:
            return None
        try:
            scene = scene.adjusted(people, ROUNDS if is_whole else ADJUSTMENT_ROUNDS)
        except ValueError:
            # Too few points: these two views are no beginning.
            return None
        if is_whole:
            return scene
        placed = _place_views(scene, people, cameras, tracklets)
        if not placed:
            return None
        scene.cameras.update(placed)
    return None


def _place_views(
    scene: _Scene,
    people: Sequence[np.ndarray],
    cameras: Sequence[Camera],
    tracklets: Sequence[Track],
) -> dict[int, Camera]:
    """Further views: all that are explained well by where the people are, else the best of them."""
    points = scene.points(people)
    waiting = [view for view in range(len(cameras)) if view not in scene.cameras]
    found = {}
    for view in waiting:
        own = sorted((t for t in tracklets if t.view == view), key=lambda t: -t.support)
        found[view] = _best_place(
            cameras[view], own[:MOST_STRETCHES], points, scene.keypoints[view]
        )
    well = {view: camera for view, (share, camera) in found.items() if share >= WELL_EXPLAINED}
    if well:
        return well
    view = max(waiting, key=lambda view: found[view][0])
    share, camera = found[view]
    return {view: camera} if share >= VIEW_SHARE else {}


def _best_place(
    camera: Camera, tracks: Sequence[Track], points: np.ndarray, detections: np.ndarray
) -> tuple[float, Camera]:
    """The share of detections (F, P, J, 3) that the best place of a camera explains, and it."""
    best = 0.0, camera
    for track in tracks:
        for person in points:
            placed = _place(camera, track, person)
            share = 0.0 if placed is None else _explained(placed, detections, points)
            if placed is not None and share > best[0]:
                best = share, placed
            if share >= CERTAINLY_EXPLAINED:
                return best
    return best


def _place(camera: Camera, track: Track, person: np.ndarray) -> Camera | None:
    """The camera that sees the person (F, J, 3) where the track is; None where too little tells."""
    pixels = track.keypoints[..., :2]
    shared = np.argwhere(np.isfinite(person[..., 0]) & np.isfinite(pixels[..., 0]))
    if len(shared) < MIN_MATCHES:
        return None
    chosen = tuple(np.random.default_rng(SEED).permutation(shared)[:MAX_MATCHES].T)
    try:
        return resect(camera, pixels[chosen], person[chosen])
    except ValueError:
        return None


def _explained(camera: Camera, detections: np.ndarray, points: np.ndarray) -> float:
    """The share of detections (F, P, J, 3) near which one of the people (N, F, J, 3) appears."""
    seen = detections[..., :2]
    there = np.isfinite(seen[..., 0]).sum(axis=-1) >= MIN_SHARED
    extents = np.fmax.reduce(seen, axis=2) - np.fmin.reduce(seen, axis=2)
    sizes = np.fmax(np.fmax.reduce(extents, axis=-1), MIN_SIZE_PIXELS)
    nearest = np.full(there.shape, np.inf)
    for person in points:
        lengths = np.linalg.norm(seen - camera.project(person)[:, None], axis=-1)
        nearest = np.minimum(nearest, known_median(lengths, MIN_SHARED) / sizes)
    return float((nearest[there] < EXPLAINED).mean()) if there.any() else 0.0


def _share(people: Sequence[np.ndarray], keypoints: np.ndarray) -> float:
    """The share of all keypoints that belong to somebody whom two views see."""
    found = sum(np.isfinite(person[..., 0]).sum() for person in people)
    return float(found / max(np.isfinite(keypoints[..., 0]).sum(), 1))
