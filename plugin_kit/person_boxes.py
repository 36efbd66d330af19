"""Where an object detection upstream says that people are."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

Box = tuple[float, float, float, float]


def person_boxes(
    detections: Any, labels: Collection[str], least_score: float
) -> list[tuple[Box, float]]:
    """Left, top, right, bottom in pixels, and the score, of each person in the detection's order.

    Args:
        detections: Ikomia's CObjectDetectionIO.
        labels: What it calls people, in small letters; none takes every box.
        least_score: Boxes below are left out.
    """
    return [
        (upright(found.box), found.confidence)
        for found in detections.get_objects()
        if (not labels or found.label.lower() in labels) and found.confidence >= least_score
    ]


def label_set(text: str) -> set[str]:
    """``Person,pedestrian`` as a set of words in small letters."""
    return {part.strip().lower() for part in text.split(",") if part.strip()}


def upright(box: Sequence[float]) -> Box:
    """Ikomia's box as left, top, right, bottom.

    Four numbers are left, top, width, height; five are an oriented box: its centre, width, height,
    and angle in degrees. Of that the smallest upright box around it is taken.

    Example:
        >>> upright([10, 20, 30, 40])
        (10, 20, 40, 60)
    """
    if len(box) == 4:
        left, top, width, height = box
        return left, top, left + width, top + height
    x, y, width, height, angle = box
    cosine, sine = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    half_width = (width * cosine + height * sine) / 2
    half_height = (width * sine + height * cosine) / 2
    return x - half_width, y - half_height, x + half_width, y + half_height
