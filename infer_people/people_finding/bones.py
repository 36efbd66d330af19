"""Where a person's bones are in a crop, and how far each pixel is from them."""

from __future__ import annotations

import cv2
import numpy as np

from .crops import Crop
from .detection import KNOWN, Detection

# Where shoulders, hips and knees are seen so surely, nothing far from the bones is the person's.
BODY, SURE = (5, 6, 11, 12, 13, 14), 0.4
# What is this near to the bones surely is, in sizes of the person: limbs, head.
LIMB, HEAD = 0.03, 0.05
# Of the size: a trunk that bends to the camera is longer than it looks.
SHORTEST_TRUNK = 0.3
TORSO, FACE = (5, 6, 12, 11), (0, 1, 2, 3, 4)
BONES = (
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (11, 12), (5, 11), (6, 12), (5, 12), (6, 11),
    (11, 13), (13, 15), (12, 14), (14, 16), (0, 5), (0, 6), (1, 3), (2, 4), (0, 1), (0, 2),
)  # fmt: skip
SUBPIXEL_BITS = 4


def trunk_of(person: Detection) -> float:
    """From the shoulders to the hips, pixels of the picture."""
    shoulders, hips = (
        person.keypoints[list(pair), :2].mean(axis=0) for pair in (BODY[:2], BODY[2:4])
    )
    return max(float(np.linalg.norm(hips - shoulders)), SHORTEST_TRUNK * person.size)


def core_of(crop: Crop, size: tuple[int, int], person: Detection) -> np.ndarray:
    """float32 (h, w): 1 where the person surely is: torso, head and along the bones."""
    ends, known = ends_in(crop, size, person, SURE)
    scale = person.size * (size[0] / crop.height + size[1] / crop.width) / 2
    canvas = np.zeros(size, np.uint8)
    draw_bones(canvas, ends, known, max(1, round(LIMB * scale)), 255)
    cv2.fillPoly(canvas, [ends[list(TORSO)]], 255, cv2.LINE_8, SUBPIXEL_BITS)
    face = [joint for joint in FACE if known[joint]]
    if face:
        x, y = (int(v) for v in ends[face].mean(axis=0))
        radius = round(HEAD * scale * (1 << SUBPIXEL_BITS))
        cv2.circle(canvas, (x, y), radius, 255, cv2.FILLED, cv2.LINE_8, SUBPIXEL_BITS)
    return cv2.GaussianBlur(canvas, (0, 0), 1.5).astype(np.float32) / 255


def ends_in(
    crop: Crop, size: tuple[int, int], person: Detection, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """The joints in the crop at ``size``, as OpenCV's fixed-point numbers, and which are known."""
    scale = np.array([size[1] / crop.width, size[0] / crop.height])
    points = (person.keypoints[:17, :2] + 0.5 - (crop.left, crop.top)) * scale - 0.5
    return np.round(points * (1 << SUBPIXEL_BITS)).astype(np.int32), (
        person.keypoints[:17, 2] >= least
    )


def draw_bones(
    canvas: np.ndarray, ends: np.ndarray, known: np.ndarray, thickness: int, value: int
) -> None:
    """Draw the bones whose joints are known, as :func:`ends_in` says them, into ``canvas``."""
    for a, b in BONES:
        if known[a] and known[b]:
            one, other = (tuple(int(v) for v in ends[j]) for j in (a, b))
            cv2.line(canvas, one, other, value, thickness, cv2.LINE_8, SUBPIXEL_BITS)


def distance_to(crop: Crop, size: tuple[int, int], person: Detection) -> np.ndarray:
    """From each pixel of the crop to the person's bones or torso, in pixels of the picture."""
    scale = np.array([size[1] / crop.width, size[0] / crop.height])
    canvas = np.full(size, 255, np.uint8)
    ends, known = ends_in(crop, size, person, KNOWN)
    draw_bones(canvas, ends, known, 1, 0)
    if known[list(TORSO)].all():
        cv2.fillPoly(canvas, [ends[list(TORSO)]], 0, cv2.LINE_8, SUBPIXEL_BITS)
    if canvas.all():
        _fill_box(canvas, crop, scale, person)
    # Bones may all lie outside of the crop.
    if canvas.all():
        return np.full(size, person.size, np.float32)
    return cv2.distanceTransform(canvas, cv2.DIST_L2, 3) / np.float32(scale.mean())


def _fill_box(canvas: np.ndarray, crop: Crop, scale: np.ndarray, person: Detection) -> None:
    """For people of whom no bone is known."""
    corners = (person.box.reshape(2, 2) - (crop.left, crop.top)) * scale
    (left, top), (right, bottom) = np.maximum(np.round(corners), 0).astype(int)
    canvas[top : bottom + 1, left : right + 1] = 0
