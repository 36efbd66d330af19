"""What a page shows: bodies, keypoints and cameras over time. Metres, y up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Of the pictures of videos.
JPEG_QUALITY = 70
# At how many moments the soles are looked at, and in which percent of them a person floats less.
SOUNDINGS, LOWEST = 40, 10
# How far from a camera's direction one looks at people, radians.
BESIDE = 0.35
# By how much one looks from above.
RISE = 0.35


@dataclass(frozen=True)
class Body:
    """A surface that follows its bones.

    Attributes:
        vertices: float (V, 3), at rest.
        faces: int (M, 3), anticlockwise seen from outside.
        weights: float (V, K), by how much each bone moves each vertex.
        rest: float (K, 3), the bones' joints at rest, where all their rotations are none.
        rotations: float (F, K, 3, 3), bone to world.
        places: float (F, K, 3), the joints in the world.
        is_present: bool (F,), where there is a body.
    """

    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    rest: np.ndarray
    rotations: np.ndarray
    places: np.ndarray
    is_present: np.ndarray

    def posed(self, step: int) -> np.ndarray:
        """(V, 3): the surface at a step, by linear blend skinning, as the page draws it."""
        rotations = self.rotations[step]
        offsets = self.places[step] - (rotations @ self.rest[..., None])[..., 0]
        # Blended as one product of matrices; einsum would loop.
        affine = np.concatenate([rotations, offsets[..., None]], axis=2).reshape(-1, 12)
        blended = (self.weights @ affine).reshape(-1, 3, 4)
        return (blended[..., :3] @ self.vertices[..., None])[..., 0] + blended[..., 3]


@dataclass(frozen=True)
class ShownPerson:
    """Somebody on the page.

    Attributes:
        name: Of their layers.
        colour: RGB.
        body: None of somebody who has none.
        keypoints: float (F, J, 3), NaN where unknown.
    """

    name: str
    colour: tuple[int, int, int]
    body: Body | None
    keypoints: np.ndarray


@dataclass(frozen=True)
class SeenCamera:
    """A camera, and what it filmed.

    Attributes:
        name: Of its layer.
        to_world: float (3, 3): x right, y down, z forward, to the world.
        centre: float (3,).
        height_angle: Vertical angle of view, radians.
        aspect: Width over height.
        pictures: By step of the page the JPEG that is shown from there on; None for no picture.
    """

    name: str
    to_world: np.ndarray
    centre: np.ndarray
    height_angle: float
    aspect: float
    pictures: dict[int, bytes | None]


@dataclass(frozen=True)
class TakeScene:
    """Everything that is on the page.

    Attributes:
        title: Of the page.
        people: Whoever there is.
        bones: Pairs of keypoints that a line joins.
        cameras: Around them.
        seconds_a_step: Time between the F steps.
    """

    title: str
    people: Sequence[ShownPerson]
    bones: Sequence[tuple[int, int]]
    cameras: Sequence[SeenCamera]
    seconds_a_step: float

    @property
    def steps(self) -> int:
        """F."""
        return len(self.people[0].keypoints)

    def surroundings(self) -> tuple[np.ndarray, float]:
        """The middle (3,) of where people are, and how far around it (metres)."""
        points = np.concatenate([person.keypoints.reshape(-1, 3) for person in self.people])
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return np.zeros(3), 1.0
        low, high = np.percentile(points, (1, 99), axis=0)
        return (low + high) / 2, max(1.0, float(np.linalg.norm(high - low)) / 2)

    def floor(self) -> float:
        """The height of the floor: of the lowest soles, or keypoints where nobody has any."""
        heights = [
            np.array([body.posed(step)[:, 1].min() for step in steps])
            for body in (person.body for person in self.people)
            if body is not None
            and len(steps := np.flatnonzero(body.is_present)[:: max(1, self.steps // SOUNDINGS)])
        ]
        if not heights:
            known = [person.keypoints[..., 1] for person in self.people]
            heights = [height[np.isfinite(height)] for height in known]
        lowest = [np.percentile(height, LOWEST) for height in heights if len(height)]
        return float(min(lowest, default=0.0))

    def outlook(self) -> np.ndarray:
        """(3,), of length 1: from where to look at the people, so that they stand side by side.

        Not from where a camera stands, whose outline would be in the way.
        """
        middle, _ = self.surroundings()
        away = np.array([camera.centre - middle for camera in self.cameras]).reshape(-1, 3)
        turns = np.arange(0, 2 * np.pi, np.pi / 12)
        angles = np.arctan2(away[:, 0], away[:, 2])
        apart = np.abs(np.angle(np.exp(1j * (turns[:, None] - angles)))).min(axis=1, initial=np.pi)
        turns = turns[apart >= min(BESIDE, apart.max())]
        right = np.stack([np.cos(turns), np.zeros_like(turns), -np.sin(turns)])
        clouds = [person.keypoints.reshape(-1, 3) for person in self.people]
        places = [
            np.nanmedian(cloud, axis=0) if np.isfinite(cloud).any() else middle for cloud in clouds
        ]
        turn = turns[np.ptp(np.array(places) @ right, axis=0).argmax()]
        outlook = np.array([np.sin(turn), RISE, np.cos(turn)])
        return outlook / np.linalg.norm(outlook)


def known_points(points: np.ndarray) -> np.ndarray | None:
    """Points (J, 3) with those that are unknown put where a known one is, so that nothing shows.

    None where none is known.
    """
    known = np.asarray(np.isfinite(points).all(axis=1))
    if not known.any():
        return None
    return np.where(known[:, None], points, points[known][0])


def known_lines(points: np.ndarray, bones: Sequence[tuple[int, int]]) -> np.ndarray:
    """(B, 2, 3): the lines between points (J, 3); of no length where an end is unknown.

    At least one point has to be known.
    """
    known = np.isfinite(points).all(axis=1)
    lines = points[np.array(bones, int).reshape(-1, 2)]
    whole = np.asarray(np.isfinite(lines).all(axis=(1, 2)))
    return np.where(whole[:, None, None], lines, points[known][0])
