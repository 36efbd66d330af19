"""Pictures of what was found: people in their own colours, with masks, boxes, bones and numbers."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence

import cv2
import numpy as np

from infer_people.infer_people_kit.keypoints.skeletons import SKELETONS, Skeleton
from infer_people.infer_people_kit.pictures import Colour, blend, plain, size_within
from infer_people.people_finding import FramePeople

TINT = 0.35
# The golden ratio's turn keeps the hues of consecutive people apart.
TURN = 0.618034
LEFT, RIGHT, MIDDLE = (80, 170, 255), (255, 120, 80), (255, 255, 255)
# COCO's table of bones leaves the torso out, and BODY_25's triangles are too small to see.
COCO17_LINKS = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12),
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
# Of a person's height: how thick its bones are drawn.
BONE_SHARE = 1 / 110
CELL, LABEL_HEIGHT = 640, 28


def links_of(skeleton: str) -> Sequence[tuple[int, int]]:
    """Pairs of keypoints between which a line is drawn."""
    return COCO17_LINKS if skeleton == "coco17" else SKELETONS[skeleton].bones


def colour_of(identity: int) -> Colour:
    """A person's colour."""
    red, green, blue = colorsys.hsv_to_rgb((0.33 + identity * TURN) % 1, 0.75, 1)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_people(picture: np.ndarray, people: FramePeople) -> np.ndarray:
    """A copy of ``picture`` (uint8 RGB) with the people on it."""
    drawn = picture.copy()
    masks = people.masks if people.masks is not None else [None] * len(people)
    colours = [colour_of(int(identity)) for identity in people.identities]
    for mask, colour in zip(masks, colours, strict=True):
        if mask is not None:
            _tint(drawn, mask, colour)
    skeleton = SKELETONS[people.skeleton]
    for box, points, identity, colour in zip(
        people.boxes, people.keypoints, people.identities, colours, strict=True
    ):
        _draw_box(drawn, box, f"{identity}", colour=colour)
        _draw_bones(drawn, points, skeleton, colour=colour, height=float(box[3] - box[1]))
    return drawn


def sheet(pictures: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """Pictures of several views side by side, each under its name: uint8 RGB."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    sizes = [size_within(picture.shape, CELL) for picture in pictures]
    width, height = (max(side) for side in zip(*sizes, strict=True))
    height += LABEL_HEIGHT
    whole = np.zeros((rows * height, columns * width, 3), np.uint8)
    for index, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        row, column = divmod(index, columns)
        cell = whole[row * height : (row + 1) * height, column * width : (column + 1) * width]
        w, h = sizes[index]
        left = (width - w) // 2
        cell[LABEL_HEIGHT : LABEL_HEIGHT + h, left : left + w] = cv2.resize(
            picture, (w, h), interpolation=cv2.INTER_AREA
        )
        cv2.putText(cell, name, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, MIDDLE, 1, cv2.LINE_AA)
    return whole


def _tint(drawn: np.ndarray, mask: np.ndarray, colour: Colour) -> None:
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return
    rows, columns = slice(top, top + height), slice(left, left + width)
    share = mask[rows, columns] * np.float32(TINT / 255)
    part = drawn[rows, columns]
    part[:] = blend(plain(colour, height, width), share, part)


def _draw_box(drawn: np.ndarray, box: np.ndarray, text: str, *, colour: Colour) -> None:
    x0, y0, x1, y1 = (round(float(side)) for side in box)
    thick = max(1, round(max(drawn.shape) / 800))
    cv2.rectangle(drawn, (x0, y0), (x1, y1), colour, thick, cv2.LINE_AA)
    scale = max(0.4, (y1 - y0) / 600)
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    corner = max(0, x0), max(0, y0)
    cv2.rectangle(drawn, corner, (corner[0] + width + 6, corner[1] + height + base + 4), colour, -1)
    place = corner[0] + 3, corner[1] + height + 3
    cv2.putText(drawn, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), thick, cv2.LINE_AA)


def _draw_bones(
    drawn: np.ndarray, points: np.ndarray, skeleton: Skeleton, *, colour: Colour, height: float
) -> None:
    thick = max(1, round(height * BONE_SHARE))
    known = points[:, 2] > 0
    places = [(round(float(x)), round(float(y))) for x, y in np.nan_to_num(points[:, :2])]
    # Black below, so that bones are seen before anything.
    for wide, shade in ((thick + 2, (0, 0, 0)), (thick, colour)):
        for a, b in links_of(skeleton.name):
            if known[a] and known[b]:
                cv2.line(drawn, places[a], places[b], shade, wide, cv2.LINE_AA)
    for joint, name in enumerate(skeleton.joints):
        if known[joint]:
            side = LEFT if "left" in name else RIGHT if "right" in name else MIDDLE
            cv2.circle(drawn, places[joint], thick + 1, side, -1, cv2.LINE_AA)
