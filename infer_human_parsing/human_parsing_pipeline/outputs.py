"""What users take from a parsing: a mask, a trimap, colours, and figures."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from .merging import Parsing

FOREGROUND, UNKNOWN = 255, 128


def person_mask(labels: np.ndarray) -> np.ndarray:
    """uint8 (H, W), 255 where any label but the background's is."""
    return np.where(labels != 0, np.uint8(255), np.uint8(0))


def trimap(mask: np.ndarray, erosion: int, dilation: int) -> np.ndarray:
    """Three values for a matting method, uint8 (H, W).

    Args:
        mask: uint8 (H, W), above 0 where people are.
        erosion: Pixels inside the outline that are unknown.
        dilation: Pixels outside the outline that are unknown.

    Returns:
        255 surely a person, 0 surely not, 128 unknown. Where a person is cut by the picture's
        border there is no outline, and nothing unknown.
    """
    binary = (mask > 0).astype(np.uint8)
    result = np.full(mask.shape, UNKNOWN, np.uint8)
    result[cv2.dilate(binary, _disc(dilation)) == 0] = 0
    result[cv2.erode(binary, _disc(erosion)) == 1] = FOREGROUND
    return result


def palette(count: int) -> np.ndarray:
    """PASCAL VOC's colours, uint8 RGB (count, 3).

    Three bits of the label at a time, from its lowest, go to red, green and blue, from their
    highest.
    """
    labels = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for step in range(8):
        for channel in range(3):
            bit = labels >> (3 * step + channel) & 1
            colours[:, channel] |= (bit << (7 - step)).astype(np.uint8)
    return colours


def coloured(labels: np.ndarray) -> np.ndarray:
    """Labels (H, W) to their colours, uint8 RGB (H, W, 3)."""
    return palette(256)[labels]


def describe(parsing: Parsing, names: Sequence[str]) -> list[dict[str, Any]]:
    """For each person the box, the score, and the pixels of each part that was found."""
    rows = []
    for index, person in enumerate(parsing.persons):
        own = parsing.labels[parsing.owner == index]
        areas = np.bincount(own, minlength=len(names)).tolist()
        rows.append(
            {
                "id": index,
                "box": [round(float(v), 2) for v in person.box],
                "score": round(float(person.score), 4),
                "parts": {n: area for n, area in zip(names, areas, strict=True) if area},
            }
        )
    return rows


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
