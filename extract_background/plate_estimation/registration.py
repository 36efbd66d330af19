"""A plate for a camera that moves: every frame brought onto one of them, and the plate back.

Each frame is related to the reference by a homography of points of the background, which is exact
for a camera that only turns or zooms, or before a flat scene, and near enough for a hand that
shakes. Its corners are followed from a neighbour whose place is known; where they are lost, as
after a jump, features are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..extract_background_kit.stopping import ShouldStop, check_stop, never
from .progress import Meter, Progress, silent
from .sights import FEATURE_SIDE, Sight, followed, matched

# What the small copies, and the frames after and before the reference, take of the time.
SHARES = (1, 3, 3)
# Matches that have to agree on one homography, and of which share of all.
FEWEST_MATCHES, LEAST_AGREEING = 16, 0.4
REPROJECTION_PIXELS = 2.0
# By how much a homography has to leave less than turning, moving and scaling do: its eight numbers
# swing a frame's corners about where features are few.
WORTH_IT = 0.8
# Corners that have to be followed, and be spread over so many of the 16 parts of what is shared by
# two frames, before they are trusted as features are.
FEWEST_FOLLOWED, FEWEST_PARTS = 40, 6
# What a warped picture may be scaled and the canvas be larger than a frame: more is no shake or
# pan, but a homography gone wrong.
MOST_ZOOM, MOST_CANVAS = 4.0, 5.0


@dataclass(frozen=True)
class Registration:
    """Where each frame lies on a canvas that holds them all.

    Attributes:
        onto_canvas: float64 (N, 3, 3), from each frame's pixels to the canvas's; NaN where a frame
            could not be registered.
        frame_size, canvas_size: Width and height.
        residuals: float64 (N,): mean distance in pixels of the features that agree; 0 for the
            reference, NaN where a frame could not be registered.
        sights: What each frame was found by.
    """

    onto_canvas: np.ndarray
    frame_size: tuple[int, int]
    canvas_size: tuple[int, int]
    residuals: np.ndarray
    sights: tuple[Sight, ...]

    @property
    def is_found(self) -> np.ndarray:
        """Which frames could be registered, bool (N,)."""
        return np.isfinite(self.residuals)

    @property
    def largest_motion(self) -> float:
        """How far a corner of a frame moves from the reference's at most, in pixels."""
        found = self.onto_canvas[self.is_found]
        corners = np.stack([_moved(_corners(self.frame_size), each) for each in found])
        reference = corners[np.flatnonzero(self.residuals[self.is_found] == 0)[0]]
        return float(np.linalg.norm(corners - reference, axis=-1).max())

    @property
    def reference(self) -> int:
        """Which frame all others were brought onto."""
        return int(np.flatnonzero(self.residuals == 0)[0])

    def locate(
        self, frame: np.ndarray, matte: np.ndarray | None = None, *, near: float
    ) -> np.ndarray | None:
        """Find how a frame that was not registered lies on the canvas, float64 (3, 3).

        Args:
            frame, matte: As for :func:`register_frames`.
            near: Between which registered frames it was taken, as an index.

        Returns:
            None where it has too little in common with the nearest of them and the reference.
        """
        sight = Sight.of(frame, matte)
        known = np.flatnonzero(self.is_found)
        nearest = known[np.argsort(np.abs(known - near), kind="stable")[:2]].tolist()
        guess = self._between(near)
        for index in dict.fromkeys((*nearest, self.reference)):
            onto = self.onto_canvas[index]
            towards = np.linalg.inv(onto) @ guess
            found = related(sight, self.sights[index], self.frame_size, towards)
            if found is not None:
                return onto @ found[0]
        return None

    def _between(self, near: float) -> np.ndarray:
        """About how a frame lies that was taken between two registered ones, (3, 3)."""
        known = np.flatnonzero(self.is_found)
        ways = self.onto_canvas[known]
        ways = (ways / ways[:, 2:, 2:]).reshape(-1, 9)
        return np.array([np.interp(near, known, way) for way in ways.T]).reshape(3, 3)

    def scaled(self, size: tuple[int, int]) -> Registration:
        """The same of copies of the frames of another width and height."""
        across, down = np.divide(size, self.frame_size)
        way = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
        width, height = self.canvas_size
        return replace(
            self,
            onto_canvas=way @ self.onto_canvas @ np.linalg.inv(way),
            frame_size=size,
            canvas_size=(round(width * float(across)), round(height * float(down))),
        )

    def to_canvas(
        self, index: int, frame: np.ndarray, matte: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """A frame on the canvas, uint8 (h, w, 3), and its matte, uint8 (h, w).

        What the frame does not show is 255 in the matte, as a person is.
        """
        where = self.onto_canvas[index]
        matte = np.zeros(frame.shape[:2], np.uint8) if matte is None else matte
        # Linear, since what overshoots an edge would be background that is nowhere.
        picture = cv2.warpPerspective(frame, where, self.canvas_size, flags=cv2.INTER_LINEAR)
        return picture, cv2.warpPerspective(
            matte,
            where,
            self.canvas_size,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(255,),
        )

    def from_canvas(
        self, where: int | np.ndarray, plate: np.ndarray, coverage: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The plate behind a frame, uint8 (H, W, 3), and its coverage, float32 (H, W).

        Args:
            where: Which of the registered frames, or how another lies on the canvas, (3, 3).
            plate, coverage: On the canvas, uint8 (h, w, 3) and float32 (h, w).
        """
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        onto = self.onto_canvas[where] if isinstance(where, int) else where
        behind = cv2.warpPerspective(plate, onto, self.frame_size, flags=flags)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return behind, cv2.warpPerspective(coverage, onto, self.frame_size, flags=flags)


def register_frames(
    frames: Sequence[np.ndarray],
    mattes: Sequence[np.ndarray] | None = None,
    should_stop: ShouldStop = never,
    progress: Progress = silent,
) -> Registration:
    """Find how each frame lies to the middle one.

    A frame with too little in common with the middle one goes by its neighbour that is known.

    Args:
        frames: uint8 RGB (H, W, 3) of one size, in their order.
        mattes: uint8 (H, W), where people are, whose features are left out; None: nowhere.
        should_stop: Asked between frames.
        progress: Told the share that is done, 0 to 1.

    Raises:
        ValueError: There is no frame.
        Stopped: ``should_stop`` returned True.
    """
    if len(frames) == 0:
        raise ValueError("there is no frame to register")
    height, width = frames[0].shape[:2]
    given = mattes if mattes is not None else [None] * len(frames)
    meter = Meter(progress, SHARES)
    sights = []
    for frame, matte in meter.over(zip(frames, given, strict=True), len(frames)):
        check_stop(should_stop, "the registration")
        sights.append(Sight.of(frame, matte))
    middle = len(frames) // 2
    onto = np.full((len(frames), 3, 3), np.nan)
    residuals = np.full(len(frames), np.nan)
    onto[middle], residuals[middle] = np.eye(3), 0.0
    for indices in (range(middle + 1, len(frames)), range(middle - 1, -1, -1)):
        known = middle
        for index in meter.over(indices, len(indices)):
            check_stop(should_stop, "the registration")
            for target in dict.fromkeys((middle, known)):
                guess = np.linalg.inv(onto[target]) @ onto[known]
                found = related(sights[index], sights[target], (width, height), guess)
                if found is not None:
                    onto[index] = onto[target] @ found[0]
                    residuals[index] = found[1]
                    known = index
                    break
    return _on_canvas(onto, residuals, (width, height), tuple(sights))


def related(
    source: Sight, target: Sight, size: tuple[int, int], guess: np.ndarray
) -> tuple[np.ndarray, float] | None:
    """From ``source`` to ``target`` (3, 3), and its residual in pixels; None where there is none.

    Args:
        source, target: The frames.
        size: Their width and height.
        guess: About what is sought. Corners are looked for there; where too few are found again,
            features are compared over the whole picture.
    """
    here, there = followed(source, target, guess)
    if len(here) >= FEWEST_FOLLOWED and _parts(here, size) >= FEWEST_PARTS:
        found = _fitted(here, there, size)
        if found is not None:
            return found
    return _fitted(*matched(source, target), size)


def _parts(points: np.ndarray, size: tuple[int, int]) -> int:
    """In how many of 4 by 4 parts of the picture there is a point (N, 2)."""
    columns, rows = np.clip(4 * points / np.array(size), 0, 3).astype(int).T
    return len(np.unique(4 * rows + columns))


def _fitted(
    here: np.ndarray, there: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, float] | None:
    """What brings points (N, 2) to points, (3, 3), and its residual; None where there is none."""
    if len(here) < FEWEST_MATCHES:
        return None
    limit = REPROJECTION_PIXELS * max(1.0, max(size) / FEATURE_SIDE)
    homography, inliers = cv2.findHomography(here, there, cv2.USAC_MAGSAC, limit, maxIters=5000)
    if homography is None or inliers.sum() < max(FEWEST_MATCHES, LEAST_AGREEING * len(here)):
        return None
    agrees = inliers.ravel().astype(bool)
    here, there = here[agrees], there[agrees]
    homography, _ = cv2.findHomography(here, there, 0)
    ways = [_similarity(here, there)] + ([] if homography is None else [homography])
    left = [float(np.linalg.norm(_moved(here, way) - there, axis=1).mean()) for way in ways]
    best = 0 if left[-1] > WORTH_IT * left[0] else -1
    # Exactly 0 marks the reference.
    return (ways[best], max(left[best], 1e-9)) if _is_sane(ways[best], size) else None


def _similarity(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Turning, moving and scaling by least squares, from points (N, 2) to points, (3, 3)."""
    centre, target = here.mean(axis=0, dtype=np.float64), there.mean(axis=0, dtype=np.float64)
    a, b = here - centre, there - target
    along = (a * b).sum() / (a * a).sum()
    across = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / (a * a).sum()
    similarity = np.array([[along, -across, 0], [across, along, 0], [0, 0, 1]])
    similarity[:2, 2] = target - similarity[:2, :2] @ centre
    return similarity


def _is_sane(homography: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a frame's corners keep their order and the frame about its size."""
    moved = _moved(_corners(size), homography)
    area = cv2.contourArea(moved.astype(np.float32), oriented=True)
    before = cv2.contourArea(_corners(size).astype(np.float32), oriented=True)
    return (
        bool(cv2.isContourConvex(moved.astype(np.float32)))
        and 1 / MOST_ZOOM**2 < area / before < MOST_ZOOM**2
    )


def _on_canvas(
    onto: np.ndarray,
    residuals: np.ndarray,
    size: tuple[int, int],
    sights: tuple[Sight, ...],
) -> Registration:
    """Move everything so that no pixel of a registered frame lies outside."""
    found = np.isfinite(residuals)
    corners = np.concatenate([_moved(_corners(size), each) for each in onto[found]])
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    middle = np.array(size) / 2
    low = np.maximum(low, middle - MOST_CANVAS / 2 * np.array(size)).round()
    high = np.minimum(high, middle + MOST_CANVAS / 2 * np.array(size)).round()
    shift = np.eye(3)
    shift[:2, 2] = -low
    width, height = (high - low + 1).astype(int)
    return Registration(shift @ onto, size, (int(width), int(height)), residuals, sights)


def _corners(size: tuple[int, int]) -> np.ndarray:
    """float64 (4, 2), clockwise."""
    right, bottom = size[0] - 1.0, size[1] - 1.0
    return np.array([[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]])


def _moved(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Points (N, 2) through a homography, float64."""
    return cv2.perspectiveTransform(points[None].astype(np.float64), homography)[0]
