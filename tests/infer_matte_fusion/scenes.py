"""A drawn figure before a textured wall: what the fusion is given, and the truth."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

HEIGHT, WIDTH = 360, 640
# Rows in which the base lacks the figure's rim; the figure's inside; the wall far from it.
ROWS = np.s_[100:200]
BODY, FAR = np.s_[200:320, 280:360], np.s_[40:320, 40:120]


@dataclass(frozen=True)
class DrawnScene:
    frame: np.ndarray
    truth: np.ndarray
    base: np.ndarray
    second: np.ndarray
    plate: np.ndarray

    @property
    def rim(self):
        """Where the figure is and its base is not, bool (H, W)."""
        return (self.truth > 0.7) & (self.base < 0.5)

    @property
    def given(self):
        """What ``fuse`` takes, in order."""
        return self.frame, self.base, self.second, self.plate

    def but(self, **changes):
        return replace(self, **changes)


def make_scene(seed=0):
    """The base lacks the figure's rim in some rows; the second is right."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (36, 64, 3)).astype(np.float32)
    wall = 120 + 25 * cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    plate = np.clip(wall, 0, 255).astype(np.uint8)
    body = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(body, (320, HEIGHT), (64, 280), 0, 0, 360, 1.0, -1)
    truth = body.copy()
    truth[ROWS] = cv2.dilate(body, np.ones((1, 7)))[ROWS]
    body, truth = (cv2.GaussianBlur(alpha, (0, 0), 1) for alpha in (body, truth))
    figure = np.array((30, 60, 220), np.float32)
    frame = plate + truth[..., None] * (figure - plate) + rng.normal(0, 1.5, plate.shape)
    frame = np.clip(np.rint(frame), 0, 255).astype(np.uint8)
    return DrawnScene(frame, truth, body, truth.copy(), plate)
