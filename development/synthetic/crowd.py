"""Several people in a studio whose truth is known: they circle, cross, and hide each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from development.synthetic.capture import TYPICAL, Faults, detect, stick_dancer, studio
from infer_multiview_triangulation.multiview_geometry import Camera

# Centimetres: how far the people's circles lie from the middle, how wide a body hides others.
CIRCLE, BODY_RADIUS = (60.0, 130.0), 16.0
TURNS_PER_SECOND = (0.12, 0.3)
STATURES = (0.86, 1.08)
MISSED, FALSE = 0.05, 0.05
# Of a detection's keypoints so many must be seen, or nobody is found.
LEAST_SEEN = 0.4


@dataclass(frozen=True)
class Crowd:
    """People, and what detectors say of them.

    Attributes:
        cameras: V.
        points: (N, F, J, 3) centimetres.
        keypoints: (V, F, P, J, 3), the detections of each picture in an order of chance.
        owners: (V, F, P) int, whose detection each is; -1 for nobody's, -2 for none.
    """

    cameras: list[Camera]
    points: np.ndarray
    keypoints: np.ndarray
    owners: np.ndarray

    def alone(self, person: int) -> np.ndarray:
        """(V, F, J, 3): the detections of one person."""
        own = self.owners == person
        kept = np.where(own[..., None, None], self.keypoints, -np.inf).max(axis=2)
        return np.where(own.any(axis=2)[..., None, None], kept, np.nan)


@dataclass(frozen=True)
class Shares:
    """How well people were told apart.

    Attributes:
        right: Of the detections of people, how many were given to the person whose they are.
        wrong: Of those given to people, how many are another's, or nobody's.
        people: How many were found.
    """

    right: float
    wrong: float
    people: int


def shares(taken: Crowd, found: Sequence[np.ndarray]) -> Shares:
    """Judge the people ``found``, (V, F, J, 3) each, whose keypoints are the crowd's own."""
    people = len(taken.points)
    counts = np.zeros((len(found), people + 1), int)
    for row, person in zip(counts, found, strict=True):
        same = np.isclose(taken.keypoints, person[:, :, None], rtol=0, atol=0, equal_nan=True)
        is_whole = np.asarray(same).all(axis=(3, 4)) & (taken.owners >= -1)
        is_given = np.asarray(np.isfinite(person[..., 0]).any(axis=2))
        same = is_whole & is_given[..., None]
        row += np.bincount(taken.owners[same] % (people + 1), minlength=people + 1)
    rows, columns = linear_sum_assignment(-counts[:, :people])
    right = int(counts[rows, columns].sum())
    given, there = int(counts.sum()), int((taken.owners >= 0).sum())
    return Shares(right / there, 1 - right / given if given else 0.0, len(found))


def crowd(
    people: int,
    frames: int,
    seed: int,
    *,
    views: Sequence[int] = range(1, 10),
    skeleton: str = "coco17",
    faults: Faults = TYPICAL,
    fps: float = 60.0,
) -> Crowd:
    """Dancers of different statures who go round a common middle, in both directions.

    A keypoint that somebody nearer hides is not found; 5 % of the detections are missed, and 5 %
    more are of nobody, people of a shape and place that there are not.
    """
    rng = np.random.default_rng(seed)
    cameras = studio(views, seed=seed)
    paths = np.stack([_path(index, people, frames, fps, rng) for index in range(people)])
    bodies = [
        rng.uniform(*STATURES) * stick_dancer(frames, skeleton, fps, seed=1000 * seed + index)
        for index in range(people)
    ]
    points = np.stack(bodies) + paths[:, :, None]
    seen = np.stack(
        [
            detect(person, cameras, skeleton, faults, 1000 * seed + 500 + index)
            for index, person in enumerate(points)
        ]
    )
    seen[_hidden(points, cameras)] = np.nan
    return _shuffled(seen, cameras, points, rng)


def _path(index: int, people: int, frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """(F, 3): a circle about the middle that grows and shrinks, with everybody's own speed."""
    time = np.arange(frames) / fps
    way = 1 if rng.random() < 0.5 else -1
    angle = 2 * np.pi * (index / people + way * rng.uniform(*TURNS_PER_SECOND) * time)
    low, high = CIRCLE
    share = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.3) * time + rng.random()))
    radius = low + (high - low) * share
    return np.stack([radius * np.cos(angle), np.zeros(frames), radius * np.sin(angle)], axis=1)


def _hidden(points: np.ndarray, cameras: Sequence[Camera]) -> np.ndarray:
    """(N, V, F, J) bool: whose line of sight passes through somebody nearer to the camera."""
    people, frames, joints = points.shape[:3]
    hidden = np.zeros((people, len(cameras), frames, joints), bool)
    low, high = points[..., 1].min(axis=2) - 5, points[..., 1].max(axis=2) + 5
    axes = points.mean(axis=2)[..., [0, 2]]
    for view, camera in enumerate(cameras):
        for person in range(people):
            ray = points[person] - camera.centre
            flat = ray[..., [0, 2]]
            for other in range(people):
                if other == person:
                    continue
                away = axes[other] - camera.centre[[0, 2]]
                # Where the ray passes nearest to the other's upright axis.
                share = (flat * away[:, None]).sum(-1) / (flat**2).sum(-1)
                miss = np.linalg.norm(share[..., None] * flat - away[:, None], axis=-1)
                height = camera.centre[1] + share * ray[..., 1]
                inside = (height > low[other][:, None]) & (height < high[other][:, None])
                hidden[person, view] |= (share > 0) & (share < 0.95) & (miss < BODY_RADIUS) & inside
    return hidden


def _shuffled(
    seen: np.ndarray, cameras: list[Camera], points: np.ndarray, rng: np.random.Generator
) -> Crowd:
    """Detections missed, false ones added, and all in an order of chance."""
    people, views, frames, joints = seen.shape[:4]
    enough = np.isfinite(seen[..., 0]).sum(axis=-1) >= LEAST_SEEN * joints
    found = enough & (rng.random((people, views, frames)) >= MISSED)
    keypoints = np.full((people + 1, views, frames, joints, 3), np.nan)
    keypoints[:people] = np.where(found[..., None, None], seen, np.nan)
    owners = np.full((people + 1, views, frames), -2)
    owners[:people] = np.where(found, np.arange(people)[:, None, None], -2)
    is_false = rng.random((views, frames)) < FALSE * people
    for view, frame in np.argwhere(is_false):
        # Somebody's shape of another moment, in another size, at another place, somewhat torn.
        shape = seen[rng.integers(people), view, rng.integers(frames)].copy()
        width, height = cameras[view].size or (1920, 1080)
        if not np.isfinite(shape[:, 0]).any():
            continue
        middle = np.nanmean(shape[:, :2], axis=0)
        place = rng.uniform((0.1, 0.1), (0.9, 0.9)) * (width, height)
        shape[:, :2] = (shape[:, :2] - middle) * rng.uniform(0.5, 1.5) + place
        shape[:, :2] += rng.normal(0, 15, (joints, 2))
        if np.isfinite(shape[:, 0]).sum() >= LEAST_SEEN * joints:
            keypoints[people, view, frame], owners[people, view, frame] = shape, -1
    order = rng.permuted(np.tile(np.arange(people + 1), (views, frames, 1)), axis=2)
    keypoints, owners = keypoints.transpose(1, 2, 0, 3, 4), owners.transpose(1, 2, 0)
    return Crowd(
        cameras,
        points,
        np.take_along_axis(keypoints, order[..., None, None], axis=2),
        np.take_along_axis(owners, order, axis=2),
    )
