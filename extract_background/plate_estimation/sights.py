"""What a frame is registered by: its corners, followed into another frame, or its features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

FEATURES, FEATURE_SIDE = 1500, 960
# Lower than OpenCV's own 0.04: smooth walls have few corners.
LEAST_CONTRAST = 0.015
RATIO = 0.75
# Features so near a person move with it. In pixels at the features' size.
PERSON, PERSON_MARGIN = 10, 9
# Corners: at most so many, so far apart, down to so small a share of the strongest.
CORNERS, CORNER_DISTANCE, CORNER_QUALITY = 500, 12, 0.003
# Lucas and Kanade's windows, at sizes halved so often, and by how much the way back may miss.
WINDOW, HALVINGS, MOST_GAP = 21, 3, 0.4
STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.01)

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Sight:
    """A small grey copy of a frame.

    Attributes:
        grey: uint8 (h, w).
        allowed: uint8 (h, w), 0 on and near people; None: nobody is there.
        scale: Its size in sizes of the frame.
    """

    grey: np.ndarray
    allowed: np.ndarray | None
    scale: float

    @staticmethod
    def of(frame: np.ndarray, matte: np.ndarray | None = None) -> Sight:
        """Of a frame uint8 RGB (H, W, 3) and its matte, uint8 (H, W)."""
        scale = min(1.0, FEATURE_SIDE / max(frame.shape[:2]))
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        allowed = None
        if matte is not None:
            people = cv2.resize(matte, small.shape[::-1], interpolation=cv2.INTER_AREA) > PERSON
            box = np.ones((2 * PERSON_MARGIN + 1,) * 2, np.uint8)
            allowed = (cv2.dilate(people.view(np.uint8), box) == 0).view(np.uint8) * np.uint8(255)
        return Sight(small, allowed, scale)

    @cached_property
    def features(self) -> Pairs:
        """SIFT's points, float32 (N, 2) in the frame's pixels, and descriptors, (N, 128)."""
        keypoints, descriptors = cv2.SIFT.create(
            FEATURES, contrastThreshold=LEAST_CONTRAST
        ).detectAndCompute(self.grey, self.allowed)
        points = np.array([keypoint.pt for keypoint in keypoints], np.float32).reshape(-1, 2)
        if descriptors is None:
            descriptors = np.zeros((0, 128), np.float32)
        return self.in_frame(points), descriptors

    @cached_property
    def corners(self) -> np.ndarray:
        """Corners of the background, float32 (N, 2), in the small copy's pixels."""
        found = cv2.goodFeaturesToTrack(
            self.grey, CORNERS, CORNER_QUALITY, CORNER_DISTANCE, mask=self.allowed, blockSize=5
        )
        return np.zeros((0, 2), np.float32) if found is None else found[:, 0]

    def in_frame(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2) of the small copy in the frame's pixels."""
        return (points + 0.5) / np.float32(self.scale) - 0.5

    @property
    def shrinking(self) -> np.ndarray:
        """From the frame's pixels to those of the small copy, (3, 3)."""
        shift = (self.scale - 1) / 2
        return np.array([[self.scale, 0, shift], [0, self.scale, shift], [0, 0, 1]])

    def shows(self, points: np.ndarray) -> np.ndarray:
        """Which of the points (N, 2) of the small copy are background in it, bool (N,)."""
        height, width = self.grey.shape
        columns, rows = np.rint(points).astype(int).T
        inside = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        if self.allowed is not None:
            inside[inside] = self.allowed[rows[inside], columns[inside]] > 0
        return inside


def matched(source: Sight, target: Sight) -> Pairs:
    """The same points in two frames, float32 (N, 2) each, by their features."""
    (points, descriptors), (others, other_descriptors) = source.features, target.features
    if min(len(points), len(others)) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors, other_descriptors, k=2)
    kept = [first for first, other in pairs if first.distance < RATIO * other.distance]
    here, there = [match.queryIdx for match in kept], [match.trainIdx for match in kept]
    return points[here], others[there]


def followed(source: Sight, target: Sight, guess: np.ndarray) -> Pairs:
    """The same points in two frames, float32 (N, 2) each: corners of ``target``, in ``source`` too.

    By Lucas and Kanade's iterations (IJCAI 1981) in a pyramid, there and back, after ``source`` was
    brought to ``target`` by the guess, for they know of no turning and scaling. It takes a tenth of
    the time of features, but has to know about where to look.

    Args:
        source, target: The frames.
        guess: From the pixels of ``source`` to those of ``target``, about, (3, 3).
    """
    way = target.shrinking @ guess @ np.linalg.inv(source.shrinking)
    back = np.linalg.inv(way)
    start = target.corners
    start = start[source.shows(_moved(start, back))]
    if not len(start):
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    size = target.grey.shape[::-1]
    brought = cv2.warpPerspective(source.grey, way, size, borderMode=cv2.BORDER_REPLICATE)
    found, is_found = _flow(target.grey, brought, start)
    again, is_again = _flow(brought, target.grey, found)
    gap = np.linalg.norm(again - start, axis=1)
    there = _moved(found, back)
    kept = is_found & is_again & (gap < MOST_GAP) & source.shows(there)
    return source.in_frame(there[kept]), target.in_frame(start[kept])


def _moved(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Points (N, 2) through a homography, float32."""
    if not len(points):
        return points
    moved = cv2.perspectiveTransform(points[None].astype(np.float64), homography)
    return moved[0].astype(np.float32)


def _flow(first: np.ndarray, second: np.ndarray, points: np.ndarray) -> Pairs:
    """Where points (N, 2) of ``first`` lie in ``second``, and which were found."""
    moved, is_found, _ = cv2.calcOpticalFlowPyrLK(
        first,
        second,
        points[:, None],
        points[:, None].copy(),
        winSize=(WINDOW, WINDOW),
        maxLevel=HALVINGS,
        criteria=STEPS,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return moved[:, 0], is_found.ravel() > 0
