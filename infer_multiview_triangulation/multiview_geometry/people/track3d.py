"""One person as they are followed in 3D."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .sightings import FrameSightings

# A new track counts once it was placed in so many frames; until then it is soon given up.
CONFIRMED_FRAMES, PATIENCE, TENTATIVE_PATIENCE = 5, 30, 3
# How much of the last step goes on, and for how many frames at most a track goes on unseen.
MEMORY, MOST_UNSEEN_STEPS = 0.7, 5


@dataclass(eq=False)
class Track3D:
    """One person, for as long as they are followed.

    Attributes:
        points: (J, 3), the last known place of each keypoint; NaN where never known.
        velocity: (3,) a frame.
        last: The frame in which it was placed last.
        placed: {frame: (J, 3)}, NaN where unknown.
        seen: {frame: {view: slot}}, its detections.
    """

    points: np.ndarray
    last: int
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(3))
    placed: dict[int, np.ndarray] = field(default_factory=dict)
    seen: dict[int, dict[int, int]] = field(default_factory=dict)

    @property
    def is_confirmed(self) -> bool:
        return len(self.placed) >= CONFIRMED_FRAMES

    @property
    def extent(self) -> float:
        """The longest side of the box around it."""
        return float(np.max(np.fmax.reduce(self.points) - np.fmin.reduce(self.points)))

    def is_alive(self, frame: int) -> bool:
        return frame - self.last <= (PATIENCE if self.is_confirmed else TENTATIVE_PATIENCE)

    def expected(self, frame: int) -> np.ndarray:
        """(J, 3): where it should be by now."""
        return self.points + self.velocity * min(frame - self.last, MOST_UNSEEN_STEPS)

    def place(self, frame: int, points: np.ndarray) -> None:
        """Take the person's place (J, 3) in a frame, NaN where unknown."""
        if self.placed:
            steps = points - self.points
            known = np.isfinite(steps[:, 0])
            step = np.median(steps[known], axis=0) if known.any() else np.zeros(3)
            step = step / max(frame - self.last, 1)
            expected = self.points + step * (frame - self.last)
            self.velocity = MEMORY * self.velocity + (1 - MEMORY) * step
            self.points = np.where(np.isfinite(points), points, expected)
        self.placed[frame] = points
        self.last = frame

    def see(self, frame: int, sightings: FrameSightings, members: np.ndarray) -> None:
        """Take the detections ``members`` (M,) of a frame, where the view has none yet."""
        seen = self.seen.setdefault(frame, {})
        for member in members:
            seen.setdefault(int(sightings.views[member]), int(sightings.slots[member]))
